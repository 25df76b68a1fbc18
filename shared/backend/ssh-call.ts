/** One command on a machine, over SSH with a certificate of the person; or only whom the machine takes them for. */
export interface SshCall {
  readonly technology: 'ssh'
  /** The input that names the machine. */
  readonly host: string
  /** `whoami` runs nothing but the proof. */
  readonly action: 'exec' | 'whoami'
}
