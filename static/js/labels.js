/* A picture of labels (0 untouched, 1 remove, 2 keep) as a grey PNG of eight bits: a browser's own
   canvas can only write colour. Chunks and checksums are those of the PNG specification. */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

export async function labelsAsPng(labels, width, height) {
  const rows = new Uint8Array((width + 1) * height); // every row begins with its filter: none
  for (let y = 0; y < height; y += 1) {
    rows.set(labels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(packed).arrayBuffer());
  const head = new Uint8Array([...bytes(width), ...bytes(height), 8, 0, 0, 0, 0]);
  const parts = [Uint8Array.from(SIGNATURE), chunk("IHDR", head), chunk("IDAT", data)];
  return new Blob([...parts, chunk("IEND", new Uint8Array())], { type: "image/png" });
}

function chunk(name, data) {
  const body = new Uint8Array(4 + data.length);
  body.set(new TextEncoder().encode(name));
  body.set(data, 4);
  const whole = new Uint8Array(body.length + 8);
  whole.set(bytes(data.length));
  whole.set(body, 4);
  whole.set(bytes(checksum(body)), body.length + 4);
  return whole;
}

function checksum(body) {
  let value = 0xffffffff;
  for (const byte of body) value = CHECKSUMS[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

function bytes(number) {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
}
