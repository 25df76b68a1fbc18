/** One command on a machine, over SSH with a certificate of the person. */
export interface SshCall {
  readonly technology: 'ssh'
  readonly action: 'exec' | 'read-file' | 'whoami'
  readonly inputs: Readonly<Record<string, string>>
}
