import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** What TensorBoard is told: tensorflow.Event, as far as it is used here. */
export type Event = {
  /** Seconds since 1970. */
  wallTime: number;
  /** Step of training. */
  step: number;
} & (
  | { kind: "file-version" }
  /** Readers drop what they know of this step and later ones. */
  | { kind: "session-start" }
  | { kind: "summary"; scalars: Record<string, number>; texts: Record<string, string> }
);

/** tensorflow.DataType */
const DT_STRING = 7;
/** tensorflow.SessionLog.SessionStatus */
const START = 1;

/** The event in protobuf's wire format. */
export function encodeEvent(event: Event): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(event.wallTime);
  if (event.step !== 0) writer.tag(2, WireType.Varint).int64(event.step);
  switch (event.kind) {
    case "file-version":
      writer.tag(3, WireType.LengthDelimited).string("brain.Event:2");
      break;
    case "session-start":
      message(writer, 7, () => writer.tag(1, WireType.Varint).int32(START));
      break;
    case "summary":
      message(writer, 5, () => {
        for (const [tag, value] of Object.entries(event.scalars)) scalar(writer, tag, value);
        for (const [tag, value] of Object.entries(event.texts)) text(writer, tag, value);
      });
  }
  return writer.finish();
}

/** A field that holds a message. */
function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

/** Summary.Value with a simple_value. */
function scalar(writer: BinaryWriter, tag: string, value: number): void {
  message(writer, 1, () => {
    writer.tag(1, WireType.LengthDelimited).string(tag);
    writer.tag(2, WireType.Bit32).float(Math.fround(value));
  });
}

/** Summary.Value with a string tensor [1] for the text plugin, which shows it as Markdown. */
function text(writer: BinaryWriter, tag: string, value: string): void {
  message(writer, 1, () => {
    writer.tag(1, WireType.LengthDelimited).string(tag);
    message(writer, 8, () => {
      writer.tag(1, WireType.Varint).int32(DT_STRING);
      message(writer, 2, () => message(writer, 2, () => writer.tag(1, WireType.Varint).int64(1)));
      writer.tag(8, WireType.LengthDelimited).string(value);
    });
    message(writer, 9, () => message(writer, 1, () => writer.tag(1, WireType.LengthDelimited).string("text")));
  });
}
