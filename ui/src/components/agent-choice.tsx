export interface KnownAgents {
  defaultId: string;
  agents: Array<{ id: string }>;
}

/** Which agent a page is about; nothing while there is only one. */
export function AgentChoice(props: {
  label: string;
  known: KnownAgents | null;
  /** Empty for the default agent. */
  chosen: string;
  onChoose: (agentId: string) => void;
}) {
  const { known, chosen, onChoose } = props;
  if (known === null || known.agents.length < 2) return null;
  return (
    <label class="row">
      {props.label}
      <select value={chosen || known.defaultId} onChange={(event) => onChoose(event.currentTarget.value)}>
        {known.agents.map(({ id }) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
    </label>
  );
}
