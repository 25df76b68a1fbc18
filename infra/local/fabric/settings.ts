import { known } from './tenant.ts'

/** What a deployment says of the backends that the stand-in at `url` answers for. */
export function fabricBackends(url: string): Readonly<Record<string, unknown>> {
  const fabric = { baseUrl: `${url}/v1` }
  return {
    'fabric-core': fabric,
    'fabric-lakehouse': fabric,
    'fabric-onelake': { baseUrl: url, endpoints: { fabric }, containers: [known.emea, known.us, known.shared] },
    powerbi: { baseUrl: url },
    'synapse-spark': { baseUrl: url, allow: { pools: ['analytics'] } },
  }
}
