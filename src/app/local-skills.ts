import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { createGuardedFetch } from "../guard/index.ts";
import type { AppFacade } from "./contract.ts";
import { createSkillParts } from "./skills.ts";

/** See {@link AppFacade.openSkills}. */
export const openSkills: AppFacade["openSkills"] = ({ paths, env, config }) => {
  const parts = createSkillParts({
    paths,
    env,
    config: () => config,
    session: () => null,
    fetch: createGuardedFetch({ clock: systemClock }),
    clock: systemClock,
    logger: silentLogger,
  });
  return Promise.resolve({
    status: (agentId) => parts.status(agentId),
    install: (wish) => parts.install(wish),
  });
};
