/**
 * Which partition of a container a person may use: the one that is named by the person's object id, by the tenant's id,
 * or by the groups that the person is in (Entra group object id → key). Services whose own roles end at a container
 * cannot say it; so the gateway sets the key itself.
 */
export type PartitionRule = 'oid' | 'tid' | Readonly<Record<string, string>>

/** What a deployment says of one backend; the settings schema has the bounds. */
export interface BackendConfiguration {
  readonly baseUrl?: string | undefined
  readonly scope?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly containers?: readonly string[] | undefined
  /** Whose partitions a container has, by its name. */
  readonly partitions?: Readonly<Record<string, PartitionRule>> | undefined
  readonly warehouses?: readonly string[] | undefined
  readonly catalog?: string | undefined
  readonly schema?: string | undefined
  /** Addresses and scopes of further endpoints, where the declaration leaves them to the deployment. */
  readonly endpoints?: Readonly<Record<string, EndpointConfiguration>> | undefined
  readonly values?: Readonly<Record<string, string>> | undefined
  readonly allow?: Readonly<Record<string, readonly string[]>> | undefined
  readonly classification: Readonly<Record<string, string>>
}

export interface EndpointConfiguration {
  readonly baseUrl?: string | undefined
  readonly scope?: string | undefined
}
