/* <pv-outline>: a brush over a photo that says what belongs to the product and what does not.
   Strokes are kept as lines, so that undo is exact; they leave as a picture of labels. Works with
   mouse, pen and touch. Without this script the page explains itself. */

import { labelsAsPng } from "./labels.js";

const COLOURS = { keep: "rgb(24 160 88)", remove: "rgb(214 48 49)" };
const VEIL = [96, 58, 214, 130];
const KEYS = { k: "keep", r: "remove", e: "erase" };
const MOST_ZOOM = 6;

class Outline extends HTMLElement {
  async connectedCallback() {
    this.photo = this.querySelector("[data-photo]");
    if (!this.photo) return;
    await this.photo.decode();
    this.stage = this.querySelector(".outline-stage");
    this.frame = this.querySelector(".outline-frame");
    this.size = this.querySelector("[data-size]");
    this.form = this.querySelector("form");
    this.strokes = [];
    this.undone = [];
    this.zoom = 1;
    this.veil = this.layer("outline-veil");
    this.paint = this.layer("outline-paint");
    this.ring = this.frame.appendChild(document.createElement("span"));
    this.ring.className = "outline-ring";
    this.style.setProperty("--ratio", this.photo.naturalWidth / this.photo.naturalHeight);
    this.before = await picture(this.dataset.strokes);
    await this.drawVeil();
    this.redraw();
    this.listen();
    for (const part of this.querySelectorAll("[hidden]:not([type=file])")) part.hidden = false;
    this.dataset.ready = "";
  }

  layer(css) {
    const canvas = this.frame.appendChild(document.createElement("canvas"));
    canvas.className = css;
    canvas.width = this.photo.naturalWidth;
    canvas.height = this.photo.naturalHeight;
    return canvas.getContext("2d", { willReadFrequently: true });
  }

  listen() {
    const canvas = this.paint.canvas;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.draw(event));
    canvas.addEventListener("pointerleave", () => this.ring.classList.remove("is-shown"));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.end(event));
    }
    for (const button of this.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.act(button.dataset.do));
    }
    this.querySelector("[data-show]").addEventListener("change", (event) => {
      this.veil.canvas.hidden = !event.target.checked;
    });
    document.addEventListener("keydown", (event) => this.key(event));
    // Before anything else that listens to the form: what it sends is not there yet.
    this.addEventListener("submit", (event) => this.save(event), { capture: true });
    window.addEventListener("beforeunload", (event) => {
      if (this.strokes.length && !this.isLeaving) event.preventDefault();
    });
  }

  get tool() {
    return this.querySelector("[name=tool]:checked").value;
  }

  async drawVeil() {
    const found = await picture(this.dataset.outline);
    if (!found) return;
    const { width, height } = this.veil.canvas;
    this.veil.drawImage(found, 0, 0, width, height);
    const pixels = this.veil.getImageData(0, 0, width, height);
    for (let at = 0; at < pixels.data.length; at += 4) {
      const away = 255 - pixels.data[at];
      pixels.data.set(VEIL, at);
      pixels.data[at + 3] = (VEIL[3] * away) / 255;
    }
    this.veil.putImageData(pixels, 0, 0);
  }

  place(event) {
    const box = this.paint.canvas.getBoundingClientRect();
    const scale = this.paint.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  begin(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    this.paint.canvas.setPointerCapture(event.pointerId);
    const size = Number(this.size.value) / Math.sqrt(this.zoom);
    this.now = { tool: this.tool, size, points: [this.place(event)] };
    this.strokes.push(this.now);
    this.undone = [];
    this.line(this.now, 0);
    this.settle();
  }

  draw(event) {
    this.follow(event);
    if (!this.now || !event.isPrimary) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.now.points.push(this.place(one));
    this.line(this.now, Math.max(0, this.now.points.length - 1 - Math.max(1, all.length)));
  }

  end(event) {
    if (event.isPrimary) this.now = null;
  }

  follow(event) {
    const [x, y] = this.place(event);
    const { width, height } = this.paint.canvas;
    const size = Number(this.size.value) / Math.sqrt(this.zoom);
    this.ring.classList.toggle("is-shown", event.pointerType !== "touch");
    this.ring.style.setProperty("--x", `${(x / width) * 100}%`);
    this.ring.style.setProperty("--y", `${(y / height) * 100}%`);
    this.ring.style.setProperty("--d", `${(size / width) * 100}%`);
  }

  line(stroke, from) {
    const pen = this.paint;
    pen.globalCompositeOperation = stroke.tool === "erase" ? "destination-out" : "source-over";
    pen.strokeStyle = COLOURS[stroke.tool] ?? "#000";
    pen.lineWidth = stroke.size;
    pen.lineCap = "round";
    pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...stroke.points[from]);
    for (const point of stroke.points.slice(from)) pen.lineTo(...point);
    pen.stroke();
  }

  redraw() {
    const { width, height } = this.paint.canvas;
    this.paint.globalCompositeOperation = "source-over";
    this.paint.clearRect(0, 0, width, height);
    if (this.before) this.paint.drawImage(this.before, 0, 0, width, height);
    for (const stroke of this.strokes) this.line(stroke, 0);
    this.settle();
  }

  settle() {
    this.querySelector("[data-do=undo]").disabled = !this.strokes.length;
    this.querySelector("[data-do=redo]").disabled = !this.undone.length;
    this.querySelector("[data-do=out]").disabled = this.zoom <= 1;
    this.querySelector("[data-do=in]").disabled = this.zoom >= MOST_ZOOM;
    this.querySelector("[data-zoom]").value = `${Math.round(this.zoom * 100)} %`;
  }

  act(what) {
    if (what === "undo" && this.strokes.length) this.undone.push(this.strokes.pop());
    if (what === "redo" && this.undone.length) this.strokes.push(this.undone.pop());
    if (what === "in") this.magnify(this.zoom * 1.5);
    if (what === "out") this.magnify(this.zoom / 1.5);
    this.redraw();
  }

  magnify(zoom) {
    const { stage } = this;
    const middle = [
      (stage.scrollLeft + stage.clientWidth / 2) / stage.scrollWidth,
      (stage.scrollTop + stage.clientHeight / 2) / stage.scrollHeight,
    ];
    this.zoom = Math.min(MOST_ZOOM, Math.max(1, zoom));
    this.style.setProperty("--zoom", this.zoom);
    stage.scrollLeft = middle[0] * stage.scrollWidth - stage.clientWidth / 2;
    stage.scrollTop = middle[1] * stage.scrollHeight - stage.clientHeight / 2;
  }

  key(event) {
    const isTyping = event.target.closest?.("input:not([type=radio], [type=checkbox], [type=range])");
    if (isTyping || event.altKey) return;
    const key = event.key.toLowerCase();
    const step = { "[": -6, "]": 6 }[key];
    if (key === "z") this.act(event.shiftKey ? "redo" : "undo");
    else if (event.ctrlKey || event.metaKey) return;
    else if (step) this.size.value = String(Number(this.size.value) + step);
    else if (key === "+" || key === "=") this.act("in");
    else if (key === "-") this.act("out");
    else if (KEYS[key]) this.querySelector(`[name=tool][value=${KEYS[key]}]`).checked = true;
    else return;
    event.preventDefault();
  }

  labels() {
    const { width, height } = this.paint.canvas;
    const { data } = this.paint.getImageData(0, 0, width, height);
    const labels = new Uint8Array(width * height);
    for (let at = 0; at < labels.length; at += 1) {
      if (data[at * 4 + 3] < 128) continue;
      labels[at] = data[at * 4 + 1] > data[at * 4] ? 2 : 1; // green keeps, red removes
    }
    return labels;
  }

  async save(event) {
    if (event.target !== this.form || this.isLeaving) return;
    event.preventDefault();
    event.stopPropagation();
    const { width, height } = this.paint.canvas;
    const png = await labelsAsPng(this.labels(), width, height);
    const files = new DataTransfer();
    files.items.add(new File([png], "strokes.png", { type: "image/png" }));
    this.form.elements.strokes.files = files.files;
    this.isLeaving = true;
    this.form.requestSubmit(event.submitter);
  }
}

async function picture(url) {
  if (!url) return null;
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

customElements.define("pv-outline", Outline);
