import { cast } from "../../emit/cast.js";
import { gather } from "../../emit/gather.js";
import { extents, joined, reshape, unsqueeze } from "../../emit/shape.js";
import { type AttributeValue, floats } from "../../graph/attributes.js";
import type { Value } from "../../graph/builder.js";
import { scalar, sizeOf } from "../../graph/tensor.js";
import type { DType, Tensor } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Tables from keys to values, which the model's initializer fills: constants of the graph. */
interface Table {
  keys: DType;
  values: DType;
  /** Place among the values by key; of equal keys the last holds. */
  places: Map<string | number, number>;
  /** [entries, ...] */
  rows?: Tensor;
}

/** Handles of tables, as nodes hand them on. */
const tables = new WeakMap<Value, Table>();

function tableOf(node: OperatorContext): Table {
  const table = tables.get(node.x);
  if (!table) throw node.invalid("its first input is no table");
  return table;
}

registerOperator(
  ["HashTable", "HashTableV2"],
  ({ b, attributes }) => {
    const handle = b.constant(scalar(0), "table");
    const [keys, values] = [attributes.dtype("key_dtype", "int32"), attributes.dtype("value_dtype", "int32")];
    tables.set(handle, { keys, values, places: new Map() });
    return handle;
  },
  { becomes: "constants of the nodes that read it" },
);

registerOperator(
  ["InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2"],
  (node) => {
    const table = tableOf(node);
    const [keys, rows] = [node.input(1).constant, node.input(2).constant];
    if (!keys || !rows) throw node.unsupported("its keys or values are computed at run time");
    if (keys.dtype !== table.keys || rows.dtype !== table.values) {
      throw node.invalid(`a table of ${table.keys} and ${table.values} is filled by ${keys.dtype}, ${rows.dtype}`);
    }
    if (keys.data.length !== rows.shape[0]) throw node.invalid("keys and values differ in number");
    table.rows = rows;
    table.places = new Map(Array.from(keys.data as ArrayLike<number | string>, (key, place) => [key, place]));
    return node.x;
  },
  { becomes: "constants of the nodes that read the table", limits: "keys and values must be constant" },
);

/** How LabelEncoder calls lists of a type; integers and flags are int64 there. */
const LISTS: Partial<Record<DType, { name: string; single: string; dtype: DType }>> = {
  string: { name: "strings", single: "default_string", dtype: "string" },
  float32: { name: "floats", single: "default_float", dtype: "float32" },
  int32: { name: "int64s", single: "default_int64", dtype: "int64" },
  bool: { name: "int64s", single: "default_int64", dtype: "int64" },
};

const attributeOf = (dtype: DType, values: (string | number)[]): AttributeValue =>
  dtype === "float32" ? floats(values as number[]) : (values as string[]);

/** One LabelEncoder: keys -> values, or `otherwise`. */
function encode(
  node: OperatorContext,
  keys: Value,
  table: Table,
  values: (string | number)[],
  otherwise: Tensor,
): Value {
  const { b } = node;
  const [from, to] = [LISTS[table.keys]!, LISTS[otherwise.dtype]!];
  const [single] = otherwise.data as ArrayLike<string | number> as (string | number)[];
  const encoded = b.add("LabelEncoder", [cast(b, keys, from.dtype)], {
    [`keys_${from.name}`]: attributeOf(table.keys, [...table.places.keys()]),
    [`values_${to.name}`]: attributeOf(otherwise.dtype, values),
    [to.single]: otherwise.dtype === "float32" ? { type: "float", value: single as number } : single,
  });
  return cast(b, encoded, otherwise.dtype);
}

registerOperator(
  ["LookupTableFind", "LookupTableFindV2"],
  (node) => {
    const { b } = node;
    const table = tableOf(node);
    const [given, otherwise] = [node.input(1), node.input(2)];
    if (given.dtype !== table.keys || otherwise.dtype !== table.values) {
      throw node.invalid(`a table of ${table.keys} and ${table.values} is read by ${given.dtype}, ${otherwise.dtype}`);
    }
    // As in TensorFlow.js, the result is a row for each key, whatever the shape of the keys.
    const keys = given.shape.length === 1 ? given : reshape(b, given, [-1]);
    const { rows, places } = table;
    if (!rows || places.size === 0) {
      return b.add("Expand", [unsqueeze(b, otherwise, [0]), joined(b, [extents(b, keys), extents(b, otherwise)])]);
    }
    const order = [...places.values()];
    if (rows.shape.length === 1 && otherwise.constant && sizeOf(otherwise.constant.shape) === 1) {
      const all = rows.data as ArrayLike<string | number>;
      return encode(
        node,
        keys,
        table,
        order.map((place) => all[place]!),
        otherwise.constant,
      );
    }
    const missing = rows.shape[0]!;
    const place = encode(node, keys, table, order, { dtype: "int32", shape: [], data: Int32Array.of(missing) });
    const all = b.add("Concat", [b.constant(rows, "rows"), unsqueeze(b, otherwise, [0])], { axis: 0 });
    return gather(b, all, place, 0);
  },
  { becomes: "LabelEncoder" },
);

registerOperator(
  ["LookupTableSize", "LookupTableSizeV2"],
  (node) => node.b.constant(scalar(tableOf(node).places.size, "int32"), "size"),
  { becomes: "a constant" },
);
