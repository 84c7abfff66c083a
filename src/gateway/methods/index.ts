import type { GatewayServices, Method } from "../contract.ts";
import type { HealthMonitor } from "../health.ts";
import { createAgentMethods } from "./agent.ts";
import { createAgentListMethods } from "./agents.ts";
import { createApprovalMethods, createApprovalRelay } from "./approvals.ts";
import { createChannelLoginMethods } from "./channel-login.ts";
import { createChannelSetupMethods } from "./channel-setup.ts";
import { createChannelMethods } from "./channels.ts";
import { createChatMethods } from "./chat.ts";
import { createConfigHistoryMethods } from "./config-history.ts";
import { createConfigMethods } from "./config.ts";
import { createCronMethods, createCronRelay } from "./cron.ts";
import { createDoctorMethods } from "./doctor.ts";
import { createHealthMethods } from "./health.ts";
import { createHeartbeatMethods, createHeartbeatRelay } from "./heartbeat.ts";
import { createInspectMethods } from "./inspect.ts";
import { createMessagingMethods } from "./messaging.ts";
import { createModelMethods } from "./models.ts";
import { createPairingMethods, createPairingRelay } from "./pairing.ts";
import { createOutboxMethods } from "./outbox.ts";
import { createRunEventRelay } from "./run-event-relay.ts";
import { createSessionMethods } from "./sessions.ts";
import { createSkillMethods } from "./skills.ts";
import { createSpeechMethods } from "./speech.ts";
import { createUpdateMethods } from "./update.ts";
import { createWizardMethods } from "./wizard.ts";

/** Every method that answers from the services; those of devices, nodes and presence belong to the server. */
export function createServiceMethods(services: GatewayServices, health: HealthMonitor): Method[] {
  return [
    ...createHealthMethods(services, health),
    ...createConfigMethods(services),
    ...createConfigHistoryMethods(services),
    ...createSessionMethods(services),
    ...createChatMethods(services),
    ...createAgentMethods(services),
    ...createAgentListMethods(services),
    ...createModelMethods(services),
    ...createSkillMethods(services),
    ...createSpeechMethods(services),
    ...createUpdateMethods(services),
    ...createChannelMethods(services),
    ...createChannelSetupMethods(services),
    ...createChannelLoginMethods(services),
    ...createMessagingMethods(services),
    ...createOutboxMethods(services),
    ...createPairingMethods(services),
    ...createApprovalMethods(services),
    ...createCronMethods(services),
    ...createHeartbeatMethods(services),
    ...createInspectMethods(services),
    ...createDoctorMethods(services),
    ...createWizardMethods(services),
  ];
}

/** Starts turning what happens in the services into events of the wire. @returns stops all of it. */
export function startEventRelays(services: GatewayServices): () => void {
  const stops = [
    createRunEventRelay(services),
    createApprovalRelay(services),
    createCronRelay(services),
    createHeartbeatRelay(services),
    createPairingRelay(services),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export { createRunEventRelay };
