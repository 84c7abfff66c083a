export type * from "./contract.ts";
export { openDoctor, type Doctor, type DoctorOptions } from "./doctor.ts";
export { showPlan, type ShownChange } from "./show.ts";
export { checks } from "./checks/index.ts";
