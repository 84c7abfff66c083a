// An `import … from "node:x"` reads every export of the module once, lazy ones too: node:http loads fetch and its
// WebSocket (30 ms), node:fs and node:process 4 ms each. `process.getBuiltinModule` (Node 22.3) reads none.

/** Rolldown plugin that rewrites the imports of Node's modules in finished chunks. */
export function builtinImports() {
  return {
    name: "builtin-imports",
    renderChunk(code) {
      const found = this.parse(code).body.filter(
        (node) => node.type === "ImportDeclaration" && node.source.value.startsWith("node:"),
      );
      let result = code;
      // From the end, so that the places of those before stay right.
      for (const node of found.toReversed())
        result = result.slice(0, node.start) + declarations(node) + result.slice(node.end);
      return found.length > 0 ? { code: result } : null;
    },
  };
}

function declarations({ source, specifiers }) {
  // By way of globalThis: an import may be called `process` itself.
  const module = `globalThis.process.getBuiltinModule(${JSON.stringify(source.value)})`;
  const named = [];
  const lines = [];
  for (const { type, local, imported } of specifiers) {
    if (type === "ImportSpecifier" && imported.name !== "default")
      named.push(imported.name === local.name ? local.name : `${imported.name}: ${local.name}`);
    else lines.push(`const ${local.name} = ${module};`);
  }
  if (named.length > 0) lines.push(`const { ${named.join(", ")} } = ${module};`);
  return lines.join("\n");
}
