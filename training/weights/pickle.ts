/** A value that Python pickled: its dicts are Maps, its tuples and lists arrays, its integers numbers or bigints. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Pickled[]
  | Map<Pickled, Pickled>
  | object;

/** What a pickle may refer to. Whatever is not known here is refused, so that reading a file never runs code of it. */
export interface PickleWorld {
  /** The function or class of this name, called with the arguments that the file gives. @throws Error where it is unknown */
  find(module: string, name: string): (args: Pickled[]) => Pickled;
  /** What a persistent id stands for, such as a tensor's storage. */
  persistent(id: Pickled): Pickled;
}

const MARK = Symbol("mark");
type Slot = Pickled | typeof MARK | ((args: Pickled[]) => Pickled);

/** How much may lie on the stack: far more than any state dict needs. */
const MAX_ITEMS = 10_000_000;

/**
 * Reads one pickle of protocol 2 to 5 (Python's pickletools lists the operations) that is made of plain data and of what
 * `world` knows.
 *
 * @returns the value and the position after it
 * @throws Error saying what is wrong with the file
 */
export function unpickle(file: Uint8Array, start: number, world: PickleWorld): { value: Pickled; end: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const memo = new Map<number, Slot>();
  const stack: Slot[] = [];
  let at = start;

  /** Goes on by so many bytes and gives the position before. */
  const skip = (length: number): number => {
    if (length < 0 || at + length > file.length) throw new Error("the pickle is truncated");
    at += length;
    return at - length;
  };
  const bytes = (length: number): Uint8Array => {
    const from = skip(length);
    return file.subarray(from, from + length);
  };
  const u8 = () => bytes(1)[0]!;
  const u16 = () => view.getUint16(skip(2), true);
  const u32 = () => view.getUint32(skip(4), true);
  const u64 = () => Number(view.getBigUint64(skip(8), true));
  const text = (length: number) => new TextDecoder("utf-8", { fatal: true }).decode(bytes(length));
  const line = () => {
    const end = file.indexOf(10, at);
    if (end < 0) throw new Error("the pickle is truncated");
    const words = text(end - at);
    at = end + 1;
    return words;
  };
  const push = (value: Slot) => {
    if (stack.length >= MAX_ITEMS) throw new Error("the pickle holds too much");
    stack.push(value);
  };
  const pop = (): Pickled => {
    const value = stack.pop();
    if (value === undefined || value === MARK || typeof value === "function") throw new Error("the pickle is damaged");
    return value as Pickled;
  };
  const popCallable = () => {
    const value = stack.pop();
    if (typeof value !== "function") throw new Error("the pickle calls what is no function");
    return value as (args: Pickled[]) => Pickled;
  };
  const popToMark = (): Pickled[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error("the pickle is damaged");
    return stack.splice(mark).slice(1) as Pickled[];
  };
  const top = <T>(kind: new () => T): T => {
    const value = stack.at(-1);
    if (!(value instanceof kind)) throw new Error("the pickle is damaged");
    return value;
  };
  const setAll = (items: Pickled[]) => {
    const dict = top<Map<Pickled, Pickled>>(Map);
    for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  };
  const append = (items: Pickled[]) => {
    const list = top<Pickled[]>(Array);
    for (const item of items) list.push(item);
  };
  const global = ([module, name]: Pickled[]) => push(world.find(String(module), String(name)));
  const call = (args: Pickled) => {
    if (!Array.isArray(args)) throw new Error("the pickle is damaged");
    push(popCallable()(args));
  };
  const remember = (key: number) => memo.set(key, stack.at(-1) ?? null);
  const recall = (key: number) => {
    if (!memo.has(key)) throw new Error("the pickle is damaged");
    push(memo.get(key)!);
  };
  const integer = (length: number): number | bigint => {
    let value = 0n;
    for (const [i, byte] of bytes(length).entries()) value |= BigInt(byte) << BigInt(8 * i);
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  };

  const operations = new Map<number, () => void>([
    [0x80, () => void u8()], // PROTO
    [0x95, () => void skip(8)], // FRAME
    [0x28, () => push(MARK)],
    [0x30, () => void stack.pop()], // POP
    [0x31, () => void popToMark()], // POP_MARK
    [0x4e, () => push(null)], // NONE
    [0x88, () => push(true)],
    [0x89, () => push(false)],
    [0x4a, () => push(u32() | 0)], // BININT
    [0x4b, () => push(u8())], // BININT1
    [0x4d, () => push(u16())], // BININT2
    [0x8a, () => push(integer(u8()))], // LONG1
    [0x47, () => push(view.getFloat64(skip(8), false))], // BINFLOAT
    [0x58, () => push(text(u32()))], // BINUNICODE
    [0x8c, () => push(text(u8()))], // SHORT_BINUNICODE
    [0x8d, () => push(text(u64()))], // BINUNICODE8
    [0x55, () => push(text(u8()))], // SHORT_BINSTRING
    [0x54, () => push(text(u32()))], // BINSTRING
    [0x42, () => push(bytes(u32()))], // BINBYTES
    [0x43, () => push(bytes(u8()))], // SHORT_BINBYTES
    [0x7d, () => push(new Map())], // EMPTY_DICT
    [0x5d, () => push([])], // EMPTY_LIST
    [0x29, () => push([])], // EMPTY_TUPLE
    [0x74, () => push(popToMark())], // TUPLE
    [0x85, () => push([pop()])], // TUPLE1
    [0x86, () => push([pop(), pop()].reverse())], // TUPLE2
    [0x87, () => push([pop(), pop(), pop()].reverse())], // TUPLE3
    [0x61, () => append([pop()])], // APPEND
    [0x65, () => append(popToMark())], // APPENDS
    [0x73, () => setAll([pop(), pop()].reverse())], // SETITEM
    [0x75, () => setAll(popToMark())], // SETITEMS
    [0x71, () => void remember(u8())], // BINPUT
    [0x72, () => void remember(u32())], // LONG_BINPUT
    [0x94, () => void remember(memo.size)], // MEMOIZE
    [0x68, () => recall(u8())], // BINGET
    [0x6a, () => recall(u32())], // LONG_BINGET
    [0x63, () => global([line(), line()])], // GLOBAL
    [0x93, () => global([pop(), pop()].reverse())], // STACK_GLOBAL
    [0x51, () => push(world.persistent(pop()))], // BINPERSID
    [0x52, () => call(pop())], // REDUCE
    [0x81, () => call(pop())], // NEWOBJ
    // BUILD: attributes of an ordered dict, such as the versions of a state dict's modules. Data they are not.
    [0x62, () => void pop()],
  ]);

  for (;;) {
    const operation = u8();
    if (operation === 0x2e) return { value: pop(), end: at }; // STOP
    const run = operations.get(operation);
    if (!run) throw new Error(`the pickle has the operation 0x${operation.toString(16)}, which no state dict needs`);
    run();
  }
}
