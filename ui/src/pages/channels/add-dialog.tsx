import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog.tsx";
import { Failure } from "../../components/failure.tsx";
import { tellDone } from "../../components/toasts.tsx";
import { call } from "../../gateway/connection.ts";
import { titleOf, type AvailableChannel } from "./channels-api.ts";
import { t } from "./channels-text.ts";

/** What may be read over somebody's shoulder: addresses and numbers. Everything else is a secret until shown otherwise. */
const open = /url|address|number|account|host|name/i;

/** Asks for what a channel needs, and writes it to the configuration; the gateway checks it first. */
export function AddDialog({
  channel,
  onClose,
}: {
  channel: AvailableChannel;
  onClose: (added: boolean) => void;
}): JSX.Element {
  const [values, setValues] = useState<Record<string, string>>({});
  const [error, setError] = useState<unknown>(null);
  const save = async () => {
    setError(null);
    try {
      const { hash } = await call<{ hash: string }>("config.get");
      await call("channels.add", { channel: channel.id, values, baseHash: hash });
      tellDone(t("added", { name: channel.label }));
      onClose(true);
    } catch (caught) {
      setError(caught);
    }
  };
  return (
    <Dialog title={t("addTitle", { name: channel.label })} onClose={() => onClose(false)}>
      <form
        class="fields"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {error === null ? null : <Failure error={error} />}
        <p class="soft">
          {channel.credentials.length === 0 ? t("thenLogin", { name: channel.label }) : t("kept")}
        </p>
        {channel.credentials.map((credential) => {
          const { key, optional } = credential;
          const title = titleOf(credential);
          const common = {
            class: "code",
            required: !optional,
            autocomplete: "off",
            spellcheck: false,
            value: values[key] ?? "",
            onInput: (event: { currentTarget: { value: string } }) =>
              setValues({ ...values, [key]: event.currentTarget.value }),
          };
          return (
            <label key={key}>
              {optional ? t("optional", { what: title }) : title}
              {open.test(key) ? <input type="text" {...common} /> : <input type="password" {...common} />}
            </label>
          );
        })}
        <div class="actions">
          <button type="submit" class="primary">
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
