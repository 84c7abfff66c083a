import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Loaded } from "../../components/async.tsx";
import { Confirm } from "../../components/dialog.tsx";
import { perform } from "../../components/perform.ts";
import { call } from "../../gateway/connection.ts";
import { useQuery } from "../../gateway/query.ts";
import { may } from "../../gateway/scopes.ts";
import { AccountCard } from "./account-card.tsx";
import { AddDialog } from "./add-dialog.tsx";
import { titleOf, type AvailableChannel, type ChannelsStatus } from "./channels-api.ts";
import { t } from "./channels-text.ts";
import { LoginDialog } from "./login-dialog.tsx";
import { PairingView } from "./pairing-view.tsx";

interface Place {
  channel: string;
  accountId: string;
  name: string;
  /** It works already: a login takes its place. */
  connected: boolean;
}

/** Every account of every channel with the evidence for its state, logins, and who may write. */
export function ChannelsPage(): JSX.Element {
  const query = useQuery<ChannelsStatus>("channels.status", {}, { events: ["health"], everyMs: 10_000 });
  const [probing, setProbing] = useState(false);
  const [loggingIn, login] = useState<Place | null>(null);
  const [leaving, leave] = useState<Place | null>(null);
  const probe = async () => {
    setProbing(true);
    await perform(
      () => call("channels.status", { probe: true, timeoutMs: 15_000 }, { timeoutMs: 60_000 }),
      t("checked"),
    );
    await query.reload();
    setProbing(false);
  };
  const logout = async ({ channel, accountId }: Place) => {
    leave(null);
    await perform(() => call("channels.logout", { channel, accountId }), t("loggedOut"));
    await query.reload();
  };
  return (
    <div class="page">
      <header>
        <h1>{t("title")}</h1>
        <span class="spacer" />
        <button type="button" disabled={probing} aria-busy={probing} onClick={() => void probe()}>
          {t(probing ? "probing" : "probe")}
        </button>
      </header>
      {may("pairing") ? <PairingView /> : null}
      <Loaded query={query}>
        {({ channelOrder, channelLabels, channelMeta, channelAccounts, channelsAvailable = [] }) => (
          <>
            {channelOrder.length === 0 ? (
              <section class="card">
                <h2>{t("none")}</h2>
                <p class="soft">{t("noneSays")}</p>
              </section>
            ) : null}
            <div class="cards" hidden={channelOrder.length === 0}>
              {channelOrder.flatMap((channel) =>
                (channelAccounts[channel] ?? []).map((account) => {
                  const label = channelLabels[channel] ?? channel;
                  const place = {
                    channel,
                    accountId: account.accountId,
                    name: `${label} ${account.accountId}`,
                    connected: account.connected,
                  };
                  return (
                    <AccountCard
                      key={`${channel}:${account.accountId}`}
                      label={label}
                      account={account}
                      login={may("admin") && channelMeta.find(({ id }) => id === channel)?.login === true}
                      onLogin={() => login(place)}
                      onLogout={() => leave(place)}
                    />
                  );
                }),
              )}
            </div>
            {channelsAvailable.length === 0 ? null : (
              <Available channels={channelsAvailable} onAdded={() => void query.reload()} />
            )}
          </>
        )}
      </Loaded>
      {loggingIn === null ? null : (
        <LoginDialog
          {...loggingIn}
          onClose={() => {
            login(null);
            void query.reload();
          }}
        />
      )}
      {leaving === null ? null : (
        <Confirm
          title={t("logout")}
          subject={t("confirmLogout", { name: leaving.name })}
          action={t("logout")}
          onConfirm={() => void logout(leaving)}
          onCancel={() => leave(null)}
        />
      )}
    </div>
  );
}

function Available({
  channels,
  onAdded,
}: {
  channels: AvailableChannel[];
  onAdded: () => void;
}): JSX.Element {
  const [adding, add] = useState<AvailableChannel | null>(null);
  return (
    <section class="card">
      <h2>{t("more")}</h2>
      <ul class="rows wide">
        {channels.map((channel) => (
          <li key={channel.id}>
            <div class="fill">
              <strong>{channel.label}</strong>
              <div class="soft">
                {channel.credentials.length === 0
                  ? t("byLogin")
                  : t("needs", { what: channel.credentials.map(titleOf).join(t("listed")) })}
              </div>
            </div>
            {may("admin") ? (
              <button
                type="button"
                aria-label={t("addLabel", { name: channel.label })}
                onClick={() => add(channel)}
              >
                {t("add")}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {adding === null ? null : (
        <AddDialog
          channel={adding}
          onClose={(added) => {
            add(null);
            if (added) onAdded();
          }}
        />
      )}
    </section>
  );
}
