"""Writes converter/check/schemas.ts: what ONNX's operators take and give, from the schemas of the package `onnx`.

    pip install onnx && python scripts/onnx-schemas.py > converter/check/schemas.ts
"""

from onnx import defs, __version__

OLDEST, NEWEST = 17, 21
UNBOUNDED = 2147483647
KINDS = {"FLOAT": "f", "INT": "i", "STRING": "s", "TENSOR": "t", "GRAPH": "g", "FLOATS": "fs", "INTS": "is", "STRINGS": "ss"}


def count(least, most):
    return str(least) if least == most else f"{least}-{'*' if most >= UNBOUNDED else most}"


def line(schema):
    attributes = [
        f"{name}{'!' if attribute.required else ''}={KINDS.get(attribute.type.name, '?')}"
        for name, attribute in sorted(schema.attributes.items())
    ]
    ins, outs = count(schema.min_input, schema.max_input), count(schema.min_output, schema.max_output)
    return " ".join([schema.name, str(schema.since_version), ins, outs, *attributes])


rows = {}
for schema in defs.get_all_schemas_with_history():
    if schema.domain == "" and not schema.deprecated and schema.since_version <= NEWEST:
        rows.setdefault(schema.name, []).append(schema)
lines = []
for name in sorted(rows):
    versions = sorted(rows[name], key=lambda schema: schema.since_version)
    base = [schema for schema in versions if schema.since_version <= OLDEST][-1:]
    lines += [line(schema) for schema in base + [schema for schema in versions if schema.since_version > OLDEST]]

print(f"""/**
 * What the operators of ONNX's own set take and give, opset {OLDEST} to {NEWEST}: name, opset that it came with in this form,
 * inputs, outputs, attributes with their kinds (`!` where one is required, `?` where any kind goes). Made by
 * scripts/onnx-schemas.py from onnx {__version__}; not to be changed by hand.
 */
export const SCHEMAS = `
{chr(10).join(lines)}
`;""")
