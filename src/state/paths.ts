/** Every place on disk, resolved once (groups STATE, PROF, ENV). All paths are absolute. */
export interface Paths {
  /** `default` unless --profile or --dev says otherwise. */
  profile: string;
  home: string;
  stateDir: string;
  configPath: string;
  dotenvPath: string;
  ledgerPath: string;
  logsDir: string;
  credentialsDir: string;
  agentsDir: string;
  channelsDir: string;
  mediaDir: string;
  cacheDir: string;
  identityDir: string;
  devicesDir: string;
  nodesDir: string;
  execApprovalsPath: string;
  configHistoryDir: string;
  /** Last status page, written by the running gateway. */
  statusPath: string;
  /** Who uses which login of a channel: one place for all profiles and state directories of this user. */
  loginLeasesDir: string;
  /** `<stateDir>/workspace` unless configured. */
  defaultWorkspaceDir: string;
}
