"""Writes events.json: events and the bytes that TensorBoard's own writer makes of them.

    python3 -m venv /tmp/tensorboard && /tmp/tensorboard/bin/pip install tensorboard
    /tmp/tensorboard/bin/python training/tensorboard/golden/make_golden.py > training/tensorboard/golden/events.json
"""

import io
import json

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

EVENTS = [
    {"kind": "file-version", "wallTime": 1700000000.25, "step": 0},
    {"kind": "session-start", "wallTime": 1700000000.25, "step": 0},
    {
        "kind": "summary",
        "wallTime": 1700000001.5,
        "step": 25,
        "scalars": {"train/loss": 7.839999, "train/reward": -1e-7, "train/gradient_norm": 1e300, "zero": 0},
        "texts": {},
    },
    {
        "kind": "summary",
        "wallTime": 1700000600.0,
        "step": 5000000000,
        "scalars": {"validation/CIDEr-D": 0.5},
        "texts": {"validation/captions": "| image | caption |\n| --- | --- |\n| ä.jpg | 犬 |", "none": ""},
    },
]


def message(event):
    proto = event_pb2.Event(wall_time=event["wallTime"], step=event["step"])
    if event["kind"] == "file-version":
        proto.file_version = "brain.Event:2"
    elif event["kind"] == "session-start":
        proto.session_log.status = event_pb2.SessionLog.START
    else:
        for tag, value in event["scalars"].items():
            proto.summary.value.add(tag=tag, simple_value=value)
        for tag, value in event["texts"].items():
            shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
            tensor = tensor_pb2.TensorProto(dtype="DT_STRING", tensor_shape=shape, string_val=[value.encode()])
            plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
            metadata = summary_pb2.SummaryMetadata(plugin_data=plugin)
            proto.summary.value.add(tag=tag, tensor=tensor, metadata=metadata)
    return proto


def main():
    records = []
    for event in EVENTS:
        file = io.BytesIO()
        RecordWriter(file).write(message(event).SerializeToString())
        records.append(file.getvalue().hex())
    print(json.dumps({"events": EVENTS, "records": records}, indent=1, ensure_ascii=False))


main()
