import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { place } from "../../router.ts";
import { leavesOf, valueAt, type ConfigFile, type Leaf, type Schema } from "./config-api.ts";
import { t } from "./config-text.ts";
import { Description, ownDescription, partName } from "./description.tsx";
import { shown } from "./plan-view.tsx";

const mostShown = 120;

/** Every setting with what it means, made from the schema. Changes are kept until they are planned and applied. */
export function SettingsForm({
  schema,
  file,
  changes,
  onChange,
}: {
  schema: Schema;
  file: ConfigFile;
  changes: ReadonlyMap<string, unknown>;
  onChange: (changes: ReadonlyMap<string, unknown>) => void;
}): JSX.Element {
  const [words, setWords] = useState(place.value.query.get("find") ?? "");
  const [onlySet, setOnlySet] = useState(true);
  const leaves = useMemo(() => leavesOf(schema), [schema]);
  const found = leaves.filter(({ path, schema: leaf }) => {
    const name = path.join(".");
    if (words.trim() === "" && onlySet && valueAt(file.parsed, path) === undefined && !changes.has(name))
      return false;
    const own = ownDescription(leaf.description) ?? "";
    const text = `${name} ${leaf.description ?? ""} ${own} ${partName(path[0] ?? "") ?? ""}`.toLowerCase();
    return words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word));
  });
  const groups = Map.groupBy(found.slice(0, mostShown), ({ path }) => path[0] ?? "");
  const set = (path: string, value: unknown) => {
    const next = new Map(changes);
    if (Object.is(value, unchanged)) next.delete(path);
    else next.set(path, value);
    onChange(next);
  };
  return (
    <div class="settings">
      <div class="row">
        <input
          type="search"
          class="grow"
          aria-label={t("find")}
          placeholder={t("find")}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <label class="row">
          <input
            type="checkbox"
            checked={onlySet}
            onChange={(event) => setOnlySet(event.currentTarget.checked)}
          />
          {t("onlySet")}
        </label>
      </div>
      {found.length === 0 ? <p class="soft">{t("noneFound")}</p> : null}
      {[...groups].map(([group, list]) => (
        <section key={group} class="card">
          <h2>
            {partName(group)} <code>{group}</code>
          </h2>
          {list.map((leaf) => (
            <Setting key={leaf.path.join(".")} leaf={leaf} file={file} changes={changes} set={set} />
          ))}
        </section>
      ))}
    </div>
  );
}

/** Stands for "as the file has it". */
const unchanged = Symbol("unchanged");

function Setting({
  leaf,
  file,
  changes,
  set,
}: {
  leaf: Leaf;
  file: ConfigFile;
  changes: ReadonlyMap<string, unknown>;
  set: (path: string, value: unknown) => void;
}): JSX.Element {
  const name = leaf.path.join(".");
  const written = valueAt(file.parsed, leaf.path);
  const value = changes.has(name) ? changes.get(name) : written;
  const id = `setting-${name}`;
  const change = (next: unknown) =>
    set(name, JSON.stringify(next) === JSON.stringify(written) ? unchanged : next);
  return (
    <div class={changes.has(name) ? "setting changed" : "setting"}>
      <label htmlFor={id}>
        <code>{leaf.path.slice(1).join(".") || name}</code>
        <Description text={leaf.schema.description} />
      </label>
      <div class="row">
        <Control
          id={id}
          schema={leaf.schema}
          value={value}
          fallback={leaf.schema.default ?? valueAt(file.config, leaf.path)}
          onChange={change}
        />
        {value === undefined ? null : (
          <button type="button" class="quiet small" onClick={() => change(undefined)}>
            {t("reset")}
          </button>
        )}
      </div>
    </div>
  );
}

function Control({
  id,
  schema,
  value,
  fallback,
  onChange,
}: {
  id: string;
  schema: Schema;
  value: unknown;
  fallback: unknown;
  onChange: (value: unknown) => void;
}): JSX.Element {
  const placeholder = fallback === undefined ? "" : t("notSet", { value: shown(fallback) });
  const options =
    schema.type === "boolean" ? [true, false] : (schema.enum ?? schema.anyOf?.flatMap(constOf) ?? null);
  if (options !== null && options.length > 0) {
    return (
      <select
        id={id}
        value={value === undefined ? "" : JSON.stringify(value)}
        onChange={(event) => {
          const { value: picked } = event.currentTarget;
          onChange(picked === "" ? undefined : JSON.parse(picked));
        }}
      >
        <option value="">{placeholder || t("byDefault")}</option>
        {options.map((option) => (
          <option key={String(option)} value={JSON.stringify(option)}>
            {option === true ? t("yes") : option === false ? t("no") : String(option)}
          </option>
        ))}
      </select>
    );
  }
  if (schema.type === "number" || schema.type === "integer") {
    return (
      <input
        id={id}
        type="number"
        step={schema.type === "integer" ? 1 : "any"}
        placeholder={placeholder}
        value={typeof value === "number" ? value : ""}
        onInput={(event) => {
          const { valueAsNumber } = event.currentTarget;
          onChange(Number.isNaN(valueAsNumber) ? undefined : valueAsNumber);
        }}
      />
    );
  }
  if (typeof value === "string" && value.startsWith(hiddenMark))
    return <HiddenControl id={id} onChange={onChange} />;
  if (schema.type === "string") {
    return (
      <input
        id={id}
        placeholder={placeholder}
        value={typeof value === "string" ? value : ""}
        onInput={(event) => {
          const text = event.currentTarget.value;
          onChange(text === "" ? undefined : text);
        }}
      />
    );
  }
  return <JsonControl id={id} value={value} placeholder={placeholder} onChange={onChange} />;
}

/** What the gateway sends in the place of a secret; sent back it means the secret that is there. */
const hiddenMark = "__OPENCLAW_REDACTED__";

/** A secret that is set: it is not shown, and stays what it is until another is written. */
function HiddenControl({ id, onChange }: { id: string; onChange: (value: unknown) => void }): JSX.Element {
  return (
    <input
      id={id}
      type="password"
      autocomplete="off"
      placeholder={t("hidden")}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text !== "") onChange(text);
      }}
    />
  );
}

const constOf = (schema: Schema): unknown[] => (schema.const === undefined ? [] : [schema.const]);

/** For lists and objects: their JSON. It counts as changed once it is JSON. */
function JsonControl({
  id,
  value,
  placeholder,
  onChange,
}: {
  id: string;
  value: unknown;
  placeholder: string;
  onChange: (value: unknown) => void;
}): JSX.Element {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <div class="grow">
      <textarea
        id={id}
        class="code"
        rows={Math.min(12, text.split("\n").length)}
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        aria-invalid={problem !== null}
        onInput={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          try {
            onChange(next.trim() === "" ? undefined : JSON.parse(next));
            setProblem(null);
          } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
          }
        }}
      />
      {problem === null ? null : <p class="bad">{t("badJson", { why: problem })}</p>}
    </div>
  );
}
