// What a database looks like to a program that does not know its later steps.
import { DatabaseSync } from "node:sqlite";

export interface Shape {
  tables: Record<string, { columns: Record<string, string>; rest: string[] }>;
  versions: Record<string, { version: number; oldest: number }>;
}

/** Columns with their declarations, and everything that limits what may be written: constraints, unique indexes, triggers. */
export function shapeOf(path: string): Shape {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const all = (sql: string, ...values: string[]) => db.prepare(sql).all(...values);
    const tables: Shape["tables"] = {};
    const names = all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
    for (const { name } of names) {
      const table = String(name);
      const columns = Object.fromEntries(
        all("SELECT * FROM pragma_table_info(?)", table).map((column) => [
          String(column["name"]),
          JSON.stringify([column["type"], column["notnull"], column["dflt_value"], column["pk"]]),
        ]),
      );
      const unique = all('SELECT * FROM pragma_index_list(?) WHERE "unique" = 1', table).map((index) => {
        const parts = all("SELECT name FROM pragma_index_info(?)", String(index["name"]));
        return `unique ${String(index["partial"])} ${parts.map((part) => String(part["name"])).join(", ")}`;
      });
      const triggers = all(
        "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?",
        table,
      ).map(({ sql }) => String(sql));
      const keys = all("SELECT * FROM pragma_foreign_key_list(?)", table).map((key) => JSON.stringify(key));
      const [made] = all("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", table);
      const checks = (String(made?.["sql"]).match(/CHECK\s*\((?:[^()]|\([^()]*\))*\)/gi) ?? []).map((check) =>
        check.replaceAll(/\s+/g, " "),
      );
      tables[table] = { columns, rest: [...unique, ...triggers, ...keys, ...checks].sort() };
    }
    const versions = Object.fromEntries(
      all("SELECT component, version, oldest FROM schema_versions").map((row) => [
        String(row["component"]),
        { version: Number(row["version"]), oldest: Number(row["oldest"]) },
      ]),
    );
    return { tables, versions };
  } finally {
    db.close();
  }
}

/** Why a program that knows `before` could not work with `after`; empty when everything was only added. */
export function whatBreaks(before: Shape, after: Shape): string[] {
  const found: string[] = [];
  for (const [name, table] of Object.entries(before.tables)) {
    const now = after.tables[name];
    if (!now) {
      found.push(`table ${name} is gone`);
      continue;
    }
    for (const [column, declared] of Object.entries(table.columns))
      if (now.columns[column] !== declared) found.push(`${name}.${column} is another column, or gone`);
    for (const [column, declared] of Object.entries(now.columns)) {
      const [, isRequired, value] = JSON.parse(declared) as [string, number, string | null];
      if (!(column in table.columns) && isRequired === 1 && value === null)
        found.push(`${name}.${column} is new, and an older program does not fill it`);
    }
    for (const rule of now.rest)
      if (!table.rest.includes(rule)) found.push(`${name} has a new rule: ${rule}`);
  }
  return found;
}

/** A text from which {@link writeDump} makes the same database. */
export function dumpOf(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const schema = db
      .prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid",
      )
      .all();
    const lines = schema.map(({ sql }) => `${String(sql)};`);
    for (const { type, name } of schema) {
      if (type !== "table" || /fts|_data$|_idx$|_docsize$|_config$|_content$/.test(String(name))) continue;
      const table = `"${String(name)}"`;
      for (const row of db.prepare(`SELECT * FROM ${table}`).all()) {
        const names = Object.keys(row).map((column) => `"${column}"`);
        lines.push(
          `INSERT INTO ${table} (${names.join(", ")}) VALUES (${Object.values(row).map(literal).join(", ")});`,
        );
      }
    }
    return `${lines.join("\n")}\n`;
  } finally {
    db.close();
  }
}

export function writeDump(text: string, path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA foreign_keys=OFF; BEGIN; ${text} COMMIT;`);
  db.close();
}

function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  if (typeof value !== "string") throw new TypeError(`no SQL value: ${typeof value}`);
  return `'${value.replaceAll("'", "''")}'`;
}
