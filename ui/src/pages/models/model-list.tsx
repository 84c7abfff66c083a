import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { useQuery } from "../../gateway/query.ts";
import { format } from "../../i18n/index.ts";
import { t } from "./models-text.ts";

interface Model {
  id: string;
  name: string;
  provider: string;
  contextWindow: number;
  reasoning: boolean;
  input: string[];
}

const mostShown = 60;

/** Models that can be chosen with the logins there are. */
export function ModelList(): JSX.Element {
  const query = useQuery<{ models: Model[] }>("models.list");
  const [words, setWords] = useState("");
  return (
    <section class="card">
      <h2>{t("available")}</h2>
      <Loaded query={query}>
        {({ models }) => {
          const found = models.filter((model) =>
            `${model.provider}/${model.id} ${model.name}`.toLowerCase().includes(words.trim().toLowerCase()),
          );
          return (
            <>
              <input
                type="search"
                aria-label={t("find")}
                placeholder={t("find")}
                value={words}
                onInput={(event) => setWords(event.currentTarget.value)}
              />
              <ul class="rows">
                {found.slice(0, mostShown).map((model) => (
                  <li key={`${model.provider}/${model.id}`}>
                    <div>
                      <code>{`${model.provider}/${model.id}`}</code> <span class="soft">{model.name}</span>
                    </div>
                    <span class="soft">
                      {[
                        `${t("window")} ${format.compact(model.contextWindow)}`,
                        model.reasoning ? t("reasoning") : "",
                        model.input.includes("image") ? t("sees") : "",
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </span>
                  </li>
                ))}
              </ul>
              {found.length > mostShown ? <p class="soft">… {format.number(found.length)}</p> : null}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
