"""A serving system on loopback that speaks ComfyUI's and OpenAI's APIs as they are documented.

It knows nothing of our client. It takes real files, paints by the mask with the colour that the
seed and the prompt decide, and has a switch for everything that can go wrong. Our client has been
tried against this alone: what it leaves out of the real APIs is not tested anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import parse_form_data

Pixels = NDArray[np.uint8]

MODELS = {
    "UNETLoader.unet_name": ["flux-2-klein-4b-fp8.safetensors"],
    "CLIPLoader.clip_name": ["qwen_3_4b.safetensors"],
    "VAELoader.vae_name": ["flux2-vae.safetensors"],
    "UpscaleModelLoader.model_name": ["RealESRGAN_x4plus.safetensors"],
}
# Node types with (required, optional) inputs, as in ComfyUI's nodes.py and comfy_extras, 2026-11.
NODES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "UNETLoader": (("unet_name", "weight_dtype"), ()),
    "CLIPLoader": (("clip_name", "type"), ("device",)),
    "VAELoader": (("vae_name",), ()),
    "CLIPTextEncode": (("text", "clip"), ()),
    "LoadImage": (("image",), ()),
    "LoadImageMask": (("image", "channel"), ()),
    "VAEEncode": (("pixels", "vae"), ()),
    "VAEDecode": (("samples", "vae"), ()),
    "SetLatentNoiseMask": (("samples", "mask"), ()),
    "ReferenceLatent": (("conditioning",), ("latent",)),
    "EmptyFlux2LatentImage": (("width", "height", "batch_size"), ()),
    "ConditioningZeroOut": (("conditioning",), ()),
    "CFGGuider": (("model", "positive", "negative", "cfg"), ()),
    "RandomNoise": (("noise_seed",), ()),
    "KSamplerSelect": (("sampler_name",), ()),
    "Flux2Scheduler": (("steps", "width", "height"), ()),
    "SamplerCustomAdvanced": (("noise", "guider", "sampler", "sigmas", "latent_image"), ()),
    "UpscaleModelLoader": (("model_name",), ()),
    "ImageUpscaleWithModel": (("upscale_model", "image"), ()),
    "ImageScale": (("image", "upscale_method", "width", "height", "crop"), ()),
    "PreviewImage": (("images",), ()),
}


@dataclass(slots=True)
class Faults:
    """What goes wrong; each status is answered so many times by requests to the path."""

    statuses: dict[str, list[int]] = field(default_factory=dict)
    retry_after: str | None = None
    cut: set[str] = field(default_factory=set)
    cut_after_taking: set[str] = field(default_factory=set)
    slow_seconds: float = 0.0
    never_finishes: bool = False
    forgets: bool = False
    wrong_size: tuple[int, int] | None = None
    broken_png: bool = False
    huge: bool = False
    redirects: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    answers_with_url: str = ""
    words: str = ""
    missing_nodes: frozenset[str] = frozenset()
    missing_files: frozenset[str] = frozenset()
    execution_error: tuple[str, str] | None = None
    own_ids: bool = False
    not_json: set[str] = field(default_factory=set)
    no_picture: bool = False
    saves: bool = False


@dataclass(slots=True)
class Seen:
    """One request as it came; ``files`` are (field, file name, bytes) in their order."""

    method: str
    path: str
    headers: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    body: Any = None


def colour(seed: int, prompt: str) -> tuple[int, int, int]:
    """The colour that is painted: another one for another seed or prompt."""
    digest = hashlib.sha256(f"{seed} {prompt}".encode()).digest()
    return digest[0], digest[1], digest[2]


def png(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def pixels(data: bytes, mode: str = "RGB") -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def composite(image: Pixels, paint: Pixels, rgb: tuple[int, int, int]) -> Pixels:
    """``image`` with ``rgb`` as far as ``paint`` (0..255) says."""
    share = paint[..., None].astype(float) / 255
    return np.round(image * (1 - share) + np.array(rgb) * share).astype(np.uint8)


class Simulator:
    """Both APIs on one port; ComfyUI at the root, OpenAI below /v1."""

    def __init__(self, key: str = "") -> None:
        self.key = key
        self.faults = Faults()
        self.seen: list[Seen] = []
        self.busy, self.busiest = 0, 0
        self.uploads: dict[str, bytes] = {}
        self.temp: dict[str, bytes] = {}
        self.pending: list[list[Any]] = []
        self.running: list[list[Any]] = []
        self.history: dict[str, Any] = {}
        self.interrupted: set[str] = set()
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (_Handler,), {"sim": self})
        )
        self._server.daemon_threads = True
        self.port: int = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        self._stopped = threading.Event()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        threading.Thread(target=self._work, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def paths(self, method: str = "") -> list[str]:
        return [seen.path for seen in self.seen if not method or seen.method == method]

    def to(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    # ComfyUI -------------------------------------------------------------------------------------

    def node_info(self, name: str) -> dict[str, Any]:
        if name not in NODES or name in self.faults.missing_nodes:
            return {}
        required, optional = NODES[name]
        inputs = {
            "required": {each: self._input(name, each) for each in required},
            "optional": {each: self._input(name, each) for each in optional},
        }
        return {name: {"input": inputs, "output": [], "name": name, "output_node": False}}

    def _input(self, node: str, name: str) -> list[Any]:
        choices = MODELS.get(f"{node}.{name}")
        if choices is None:
            return ["ANY", {}]
        there = [each for each in choices if each not in self.faults.missing_files]
        # Both spellings are about: the older list of values, and the newer COMBO.
        return ["COMBO", {"options": there}] if node == "VAELoader" else [there, {}]

    def upload(self, seen: Seen) -> dict[str, Any]:
        _, name, data = seen.files[0]
        folder, kind = seen.fields.get("subfolder", ""), seen.fields.get("type", "input")
        self.uploads[f"{folder}/{name} [{kind}]" if folder else f"{name} [{kind}]"] = data
        return {"name": name, "subfolder": folder, "type": kind}

    def validate(self, graph: dict[str, Any]) -> dict[str, Any]:
        """The node errors of a graph, in ComfyUI's form."""
        found: dict[str, Any] = {}
        for key, node in graph.items():
            required = NODES[node["class_type"]][0]
            faults = [
                {"type": "required_input_missing", "message": "Required input is missing",
                 "details": name, "extra_info": {"input_name": name}}
                for name in required if name not in node["inputs"]
            ] + [
                {"type": "value_not_in_list", "message": "Value not in list",
                 "details": f"{name}: '{value}' not in []", "extra_info": {"input_name": name}}
                for name, value in node["inputs"].items() if str(value) in self.faults.missing_files
            ] + [
                {"type": "custom_validation_failed", "message": "Custom validation failed for node",
                 "details": f"image - Invalid image file: {node['inputs'].get('image')}"}
                for _ in "1" if node["class_type"].startswith("LoadImage")
                and node["inputs"].get("image") not in self.uploads
            ]  # fmt: skip
            if faults:
                found[key] = {
                    "errors": faults, "dependent_outputs": [], "class_type": node["class_type"]
                }  # fmt: skip
        return found

    def submit(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        errors = self.validate(body["prompt"])
        if errors:
            error = {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed validation", "details": "", "extra_info": {},
            }  # fmt: skip
            return 400, {"error": error, "node_errors": errors}
        with self.lock:
            number = len(self.history) + len(self.pending) + len(self.running)
            own = hashlib.md5(str(time.monotonic_ns()).encode()).hexdigest()
            prompt_id = own if self.faults.own_ids else str(body.get("prompt_id", own))
            extra = {"client_id": body["client_id"]} if "client_id" in body else {}
            if not self.faults.forgets:
                self.pending.append([number, prompt_id, body["prompt"], extra, ["47"]])
        return 200, {"prompt_id": prompt_id, "number": number, "node_errors": {}}

    def _work(self) -> None:
        """One graph after another, as ComfyUI's prompt worker."""
        while not self._stopped.wait(0.005):
            with self.lock:
                if not self.pending:
                    continue
                self.running = [self.pending.pop(0)]
                entry = self.running[0]
            done = self._execute(entry)
            with self.lock:
                self.history[entry[1]] = {"prompt": entry, **done, "meta": {}}
                self.running = []

    def _execute(self, entry: list[Any]) -> dict[str, Any]:
        prompt_id = entry[1]
        until = time.monotonic() + self.faults.slow_seconds
        while time.monotonic() < until or self.faults.never_finishes:
            if prompt_id in self.interrupted or self._stopped.wait(0.005):
                return _status("execution_interrupted", prompt_id, node_type="KSampler")
        if self.faults.execution_error:
            kind, message = self.faults.execution_error
            return _status(
                "execution_error", prompt_id, node_type="SamplerCustomAdvanced",
                exception_type=kind, exception_message=message, traceback=[],
            )  # fmt: skip
        # SaveImage counts the files that are there, PreviewImage makes up a name.
        saved = sum(name.startswith("ComfyUI_0") for name in self.temp)
        kind = "output" if self.faults.saves else "temp"
        name = f"ComfyUI_{saved + 1:05}_.png" if self.faults.saves else f"{prompt_id}_00001_.png"
        self.temp[name] = self._finish(self.draw(entry[2]))
        images = [{"filename": name, "subfolder": "", "type": kind}]
        key = next(key for key, node in entry[2].items() if node["class_type"] == "PreviewImage")
        return {
            "outputs": {} if self.faults.no_picture else {key: {"images": images}},
            "status": {"status_str": "success", "completed": True, "messages": []},
        }

    def draw(self, graph: dict[str, Any]) -> Pixels:
        """The picture: by mask, from nothing, or enlarged."""
        by_type = {node["class_type"]: node["inputs"] for node in graph.values()}
        if "ImageScale" in by_type:
            size = by_type["ImageScale"]["width"], by_type["ImageScale"]["height"]
            source = self.uploads[by_type["LoadImage"]["image"]]
            return np.asarray(Image.open(io.BytesIO(source)).convert("RGB").resize(size))
        rgb = colour(by_type["RandomNoise"]["noise_seed"], by_type["CLIPTextEncode"]["text"])
        if "LoadImageMask" not in by_type:
            size = by_type["EmptyFlux2LatentImage"]
            return np.full((size["height"], size["width"], 3), rgb, np.uint8)
        first = next(
            self.uploads[node["inputs"]["image"]]
            for node in graph.values() if node["class_type"] == "LoadImage"
        )  # fmt: skip
        # LoadImageMask of channel "red": white is what is painted.
        mask = pixels(self.uploads[by_type["LoadImageMask"]["image"]])[..., 0]
        return composite(pixels(first), mask, rgb)

    def _finish(self, picture: Pixels) -> bytes:
        if self.faults.wrong_size:
            picture = np.asarray(Image.fromarray(picture).resize(self.faults.wrong_size))
        data = png(picture)
        if self.faults.broken_png:
            return data[: len(data) // 2]
        return data + b"\0" * 40_000_000 if self.faults.huge else data

    # OpenAI --------------------------------------------------------------------------------------

    def edit(self, seen: Seen) -> tuple[int, dict[str, Any]]:
        if self.faults.policy:
            return 400, openai_error(
                self.faults.policy, "Your request was rejected by the safety system."
            )
        images = [data for name, _, data in seen.files if name in ("image[]", "image")]
        masks = [data for name, _, data in seen.files if name == "mask"]
        width, height = (int(side) for side in seen.fields["size"].split("x"))
        first = pixels(images[0])
        # A transparent pixel of the mask is painted.
        alpha = pixels(masks[0], "RGBA")[..., 3] if masks else np.zeros(first.shape[:2], np.uint8)
        if alpha.shape != first.shape[:2]:
            return 400, openai_error("invalid_image_mask", "Mask size does not match image size")
        if "response_format" in seen.fields and seen.fields["model"].startswith("gpt-image"):
            return 400, openai_error("unknown_parameter", "Unknown parameter: 'response_format'.")
        drawn = composite(first, 255 - alpha, colour(0, seen.fields["prompt"]))
        data = self._finish(np.asarray(Image.fromarray(drawn).resize((width, height))))
        if self.faults.no_picture:
            return 200, {"created": 1, "data": []}
        if self.faults.answers_with_url:
            return 200, {"created": 1, "data": [{"url": self.faults.answers_with_url}]}
        return 200, {"created": 1, "data": [{"b64_json": base64.b64encode(data).decode()}]}


def _status(event: str, prompt_id: str, **details: object) -> dict[str, Any]:
    messages = [
        ["execution_start", {"prompt_id": prompt_id}],
        [event, {"prompt_id": prompt_id, **details}],
    ]
    status = {"status_str": "error", "completed": False, "messages": messages}
    return {"outputs": {}, "status": status}


def openai_error(code: str, message: str) -> dict[str, Any]:
    kind = (
        "image_generation_user_error" if code == "moderation_blocked" else "invalid_request_error"
    )
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


class _Handler(BaseHTTPRequestHandler):
    sim: Simulator
    protocol_version = "HTTP/1.1"
    # One packet an answer: two wait 40 ms for each other (Nagle and delayed acknowledgement).
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        sim = self.sim
        seen = self._read()
        with sim.lock:
            sim.seen.append(seen)
            sim.busy += 1
            sim.busiest = max(sim.busiest, sim.busy if seen.path.endswith("/edits") else 0)
        try:
            self._respond(seen)
        finally:
            with sim.lock:
                sim.busy -= 1

    def _read(self) -> Seen:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, unquote(parts.path), headers)
        seen.fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(headers.get("content-length", 0)))
        kind = headers.get("content-type", "")
        if kind.startswith("application/json"):
            seen.body = json.loads(raw)
        elif kind.startswith("multipart/"):
            environ = {
                "REQUEST_METHOD": "POST", "CONTENT_TYPE": kind,
                "CONTENT_LENGTH": str(len(raw)), "wsgi.input": io.BytesIO(raw),
            }  # fmt: skip
            _, form, files = parse_form_data(environ)
            seen.fields = form.to_dict()
            seen.files = list(_files(files.items(multi=True)))
        return seen

    def _respond(self, seen: Seen) -> None:
        faults = self.sim.faults
        if seen.path in faults.cut:
            self._hang_up()
            return
        if (statuses := faults.statuses.get(seen.path)) and (status := statuses.pop(0)) != 200:
            self._json(status, openai_error("server_error", faults.words or "Try again."))
            return
        if self.sim.key and seen.headers.get("authorization") != f"Bearer {self.sim.key}":
            said = f"Incorrect API key provided: {seen.headers.get('authorization')}"
            self._json(401, openai_error("invalid_api_key", said))
            return
        if location := faults.redirects.get(seen.path):
            self._send(302, b"", {"Location": location})
            return
        if seen.path in faults.not_json:
            self._send(200, b"<html>Maintenance</html>", {"Content-Type": "text/html"})
            return
        answer = self._route(seen)
        if seen.path in faults.cut_after_taking:
            faults.cut_after_taking.discard(seen.path)
            self._hang_up()
            return
        status, body = answer
        if isinstance(body, bytes):
            self._send(status, body, {"Content-Type": "image/png"})
        else:
            self._json(status, body)

    def _route(self, seen: Seen) -> tuple[int, Any]:
        sim = self.sim
        top, _, rest = seen.path.strip("/").partition("/")
        match seen.method, top:
            case "GET", "system_stats":
                return 200, {"system": {"comfyui_version": "0.3.62"}, "devices": []}
            case "GET", "object_info":
                return 200, sim.node_info(rest)
            case "POST", "upload":
                return 200, sim.upload(seen)
            case "POST", "prompt":
                return sim.submit(seen.body)
            case "GET", "history":
                with sim.lock:
                    return 200, {rest: sim.history[rest]} if rest in sim.history else {}
            case "GET", "queue":
                with sim.lock:
                    return 200, {"queue_running": [*sim.running], "queue_pending": [*sim.pending]}
            case "POST", "queue":
                with sim.lock:
                    gone = seen.body["delete"]
                    sim.pending = [entry for entry in sim.pending if entry[1] not in gone]
                return 200, {}
            case "POST", "interrupt":
                sim.interrupted.add(seen.body["prompt_id"])
                return 200, {}
            case "GET", "view" if seen.fields["filename"] in sim.temp:
                return 200, sim.temp[seen.fields["filename"]]
            case "GET", "picture.png":
                return 200, sim._finish(np.full((256, 256, 3), 90, np.uint8))
            case "GET", "v1":
                return 200, {"object": "list", "data": []}
            case "POST", "v1":
                time.sleep(sim.faults.slow_seconds)
                return sim.edit(seen)
        return 404, openai_error("not_found", "Not found")

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _json(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        if status in (429, 503) and self.sim.faults.retry_after is not None:
            headers = {**headers, "Retry-After": self.sim.faults.retry_after}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
            self.wfile.flush()
        except OSError:
            self.close_connection = True


def _files(items: Iterable[tuple[str, FileStorage]]) -> Iterator[tuple[str, str, bytes]]:
    for name, file in items:
        yield name, str(file.filename), file.read()
