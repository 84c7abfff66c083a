import type { ComponentChildren, JSX } from "preact";
import type { Query } from "../gateway/query.ts";
import { texts } from "../i18n/index.ts";
import { Failure } from "./failure.tsx";

const t = texts({ en: { loading: "Loading…" }, ja: { loading: "読み込み中…" } });

/** The answer of a query, or why there is none. An answer that grew old stays, with the newer failure above it. */
export function Loaded<T>({
  query,
  children,
}: {
  query: Query<T>;
  children: (data: T) => ComponentChildren;
}): JSX.Element {
  return (
    <>
      {query.error === null ? null : <Failure error={query.error} retry={() => void query.reload()} />}
      {query.data === null ? (
        query.error === null ? (
          <p class="soft late" role="status">
            {t("loading")}
          </p>
        ) : null
      ) : (
        children(query.data)
      )}
    </>
  );
}
