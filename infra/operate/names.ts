/** Whether an environment names a deployment in Azure, as `azd env get-values` gives it. */
export function namesDeployment(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment.COUNTERSIGN_AUDIT_TABLES_URL ?? '') !== ''
}
