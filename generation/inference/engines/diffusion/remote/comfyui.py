"""ComfyUI's HTTP API: pictures up, a workflow into its queue, and the result back by polling.

Facts read in ComfyUI's server.py and execution.py (2026-11): POST /prompt takes a prompt_id of
the client's own, and runs the same one twice; a queue entry is [number, prompt id, graph, extra
data with client_id, outputs]; GET /history/{id} is {} until the work has ended; POST /interrupt
with a prompt_id stops only that, and without one whatever runs; GET /object_info/{type} is {} for
an unknown type; files of type "temp", and the history, are gone when ComfyUI starts again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping

import structlog

from generation.inference.engines.diffusion.ask import Ask, Task
from generation.inference.engines.diffusion.remote import graph
from generation.inference.engines.diffusion.remote.answers import NotPainted, not_painted
from generation.inference.engines.diffusion.remote.calls import (
    ATTEMPTS,
    NOT_DONE,
    PERHAPS_DONE,
    Errand,
    Server,
    Unwatched,
    look,
    wants_long,
)
from generation.inference.engines.diffusion.remote.history import (
    has_failed,
    image_of,
    is_temporary,
    why_failed,
)
from generation.inference.engines.diffusion.remote.nodes import NodeTypes
from generation.inference.engines.diffusion.remote.pictures import (
    at_size,
    most_bytes,
    pixels_from,
    png,
    size_of,
)
from generation.inference.engines.diffusion.remote.sharing import Shared
from generation.types import Pixels
from productviz.lib.http import OutboundError, Reply

log = structlog.get_logger(__name__)

_FOLDER = "productviz"
_WITHDRAW_SECONDS = 10.0
_NOT_FOUND = 404
_MOST_BAD_ENDS = 4  # of one graph that are looked up before it is asked for by another name
# The queue comes with the whole graph of everything in it, so it is looked at less often.
_POLLS_A_LOOK_AT_THE_QUEUE = 5


def _ids(filled: Mapping[str, graph.Node]) -> Iterator[str]:
    """Names for the work on a graph, the same whoever asks; the last is of its own."""
    text = json.dumps(filled, sort_keys=True)
    for number in range(_MOST_BAD_ENDS):
        yield str(uuid.uuid5(uuid.NAMESPACE_OID, f"{number} {text}"))
    yield str(uuid.uuid4())


class ComfyUI:
    """Paints one ask at a time for each thread that calls it; threads may share it."""

    def __init__(
        self, server: Server, workflows: Mapping[Task, graph.Workflow], *, poll_seconds: float
    ) -> None:
        self._server = server
        self._workflows = workflows
        self._poll_seconds = poll_seconds
        self._types = NodeTypes(server)
        self._shared = Shared()

    def fingerprint(self, task: Task) -> str:
        """What, beside the model, decides this task's pixels."""
        return self._workflows[task].digest

    def check(self, task: Task, errand: Errand) -> None:
        """Ask for the node types and files of a task's workflow. Raises `NotPainted`."""
        self._types.check(self._workflows[task], errand, afresh=True)

    def paint(self, ask: Ask, errand: Errand) -> tuple[Pixels, dict[str, object]]:
        """The picture at the size asked for, and facts. Raises `NotPainted`."""
        workflow = self._workflows[ask.task]
        self._types.check(workflow, errand)
        data = self._picture(self._filled(ask, workflow, errand), workflow, most_bytes(ask), errand)
        facts: dict[str, object] = {
            "system": f"comfyui {self._types.version}".rstrip(),
            "workflow": f"{ask.task} {workflow.digest}",
        }
        return at_size(pixels_from(data), *size_of(ask)), facts

    def _filled(
        self, ask: Ask, workflow: graph.Workflow, errand: Errand
    ) -> Mapping[str, graph.Node]:
        try:
            placed = graph.placed(ask, workflow)
            return workflow.filled(
                words=graph.words(ask),
                seed=ask.seed,
                size=size_of(ask),
                pictures={name: self._upload(rgb, errand) for name, rgb in placed.items()},
                is_optional=self._types.is_optional,
            )
        except graph.WorkflowFault as fault:
            raise not_painted("model_unavailable", str(fault)) from fault

    def _picture(
        self, filled: Mapping[str, graph.Node], workflow: graph.Workflow, most: int, errand: Errand
    ) -> bytes:
        """What is painted of a graph, once: a worker that was killed may have asked for it before.

        Equal graphs go by equal ids. What ended badly, or is not surely ours any more, is asked for
        by the next of them.
        """
        tries = (self._by_name(ours, filled, workflow, most, errand) for ours in _ids(filled))
        return next(data for data in tries if data is not None)

    def _by_name(
        self,
        ours: str,
        filled: Mapping[str, graph.Node],
        workflow: graph.Workflow,
        most: int,
        errand: Errand,
    ) -> bytes | None:
        """The picture by this name; None where the next is to be tried.

        Whoever gives up as the last takes back what was sent from here. What was only found may be
        another process's.
        """
        self._shared.join(ours)
        try:
            found = self._in_queue(ours, errand)[1]
            entry = None if found else self._history(ours, errand)
            if entry is not None:
                return self._kept(entry, workflow, most, errand)
            entry = self._ended(found or self._submit(ours, filled, errand), errand)
            return self._fetch(entry, workflow, most, errand)
        finally:
            sent = self._shared.leave(ours)
            if sent and errand.is_given_up():
                self._withdraw(sent)

    def _kept(
        self, entry: object, workflow: graph.Workflow, most: int, errand: Errand
    ) -> bytes | None:
        """The picture of what had ended before it was asked for; None without one to trust."""
        if has_failed(entry) or not is_temporary(image_of(entry, workflow)):
            return None
        try:
            return self._fetch(entry, workflow, most, errand)
        except NotPainted as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def _upload(self, pixels: Pixels, errand: Errand) -> str:
        data = png(pixels)
        reply = self._server.ask(
            "POST",
            "/upload/image",
            errand,
            is_harmless_twice=True,
            files={"image": (f"{hashlib.sha256(data).hexdigest()}.png", data, "image/png")},
            data={"type": "temp", "subfolder": _FOLDER, "overwrite": "true"},
        )
        said = self._server.json(reply)
        folder, kind = look(said, "subfolder"), look(said, "type")
        name = f"{folder}/{look(said, 'name')}" if folder else str(look(said, "name"))
        return f"{name} [{kind}]"

    def _submit(self, ours: str, filled: Mapping[str, graph.Node], errand: Errand) -> str:
        """Queue the graph once; an answer that got lost is looked for before asking again."""
        self._shared.sent(ours, ours)
        body = {"prompt": filled, "prompt_id": ours, "client_id": ours}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                reply = self._server.once("POST", "/prompt", errand, json=body)
            except OutboundError as error:
                failure, reply = self._server.unreached(error), None
                if not error.retryable:
                    raise failure from error
            if reply is not None and reply.ok:
                # An older ComfyUI gives an id of its own.
                given = str(look(self._server.json(reply), "prompt_id") or ours)
                self._shared.sent(ours, given)
                return given
            if reply is not None:
                failure = self._refused(reply)
                if reply.status not in NOT_DONE | PERHAPS_DONE:
                    raise failure
            if (found := self._find(ours, errand)) is not None:
                return found
            if reply is not None and wants_long(reply, errand):
                break
            if attempt < ATTEMPTS:
                errand.wait(self._server.back_off(attempt, reply))
        raise failure

    def _find(self, ours: str, errand: Errand) -> str | None:
        """The id under which the server took what was sent as ``ours``; None if it did not."""
        if self._history(ours, errand) is not None:
            return ours
        return self._in_queue(ours, errand)[1]

    def _ended(self, prompt_id: str, errand: Errand) -> object:
        """What the history says once the work has ended, well or badly."""
        polls, told = 0, 0
        while (entry := self._history(prompt_id, errand)) is None:
            if polls % _POLLS_A_LOOK_AT_THE_QUEUE == 0:
                is_running, found = self._in_queue(prompt_id, errand)
                # It may have ended between the two looks.
                if found is None and self._history(prompt_id, errand) is None:
                    raise not_painted(
                        "model_unavailable",
                        "The remote engine lost the image, perhaps by a restart.",
                        is_retryable=True,
                    )
                if is_running and not told:
                    told = 1
                    errand.watch.step(1, 2)
            polls += 1
            errand.wait(self._poll_seconds)
        errand.watch.step(2, 2)
        return entry

    def _history(self, prompt_id: str, errand: Errand) -> object:
        reply = self._server.ask("GET", f"/history/{prompt_id}", errand, is_harmless_twice=True)
        return look(self._server.json(reply), prompt_id)

    def _in_queue(self, prompt_id: str, errand: Errand) -> tuple[bool, str | None]:
        """Whether it is being worked on, and its id in the queue (None if it is not there)."""
        reply = self._server.ask("GET", "/queue", errand, is_harmless_twice=True)
        said = self._server.json(reply)
        for part in ("queue_running", "queue_pending"):
            entries = look(said, part)
            for entry in entries if isinstance(entries, list) else []:
                if prompt_id in (look(entry, 1), look(entry, 3, "client_id")):
                    return part == "queue_running", str(look(entry, 1))
        return False, None

    def _fetch(self, entry: object, workflow: graph.Workflow, most: int, errand: Errand) -> bytes:
        if has_failed(entry):
            raise why_failed(entry, self._server)
        image = image_of(entry, workflow)
        if look(image, "filename") is None:
            raise not_painted(
                "model_unavailable",
                'The workflow ended without a picture at "ProductViz: result".',
            )
        where = {part: str(look(image, part)) for part in ("filename", "subfolder", "type")}
        reply = self._server.ask(
            "GET", "/view", errand, is_harmless_twice=True, params=where, max_bytes=most
        )
        return reply.body

    def _withdraw(self, prompt_id: str) -> None:
        """Take the work back, so that nobody's GPU paints for nobody; never raises."""
        patient = Errand(Unwatched(), time.monotonic() + _WITHDRAW_SECONDS, threading.Event())
        try:
            is_running, found = self._in_queue(prompt_id, patient)
            if found is None:
                return
            path = "/interrupt" if is_running else "/queue"
            body = {"prompt_id": found} if is_running else {"delete": [found]}
            self._server.ask("POST", path, patient, is_harmless_twice=True, json=body)
        except NotPainted as error:
            log.warning("not withdrawn", host=self._server.engine.host, reason=str(error))

    def _refused(self, reply: Reply) -> NotPainted:
        """A graph that did not pass says which node is wrong, in ``node_errors``."""
        try:
            said = reply.json()
        except OutboundError:
            return self._server.refused(reply)
        faulty = look(said, "node_errors")
        if reply.status != 400 or not isinstance(faulty, dict) or not faulty:
            return self._server.refused(reply, self._server.words(look(said, "error", "message")))
        node = next(iter(faulty.values()))
        name, first = look(node, "class_type"), look(node, "errors", 0)
        details = f"{name}: {look(first, 'message')}, {look(first, 'details')}"
        return self._server.refused(reply, self._server.words(details))
