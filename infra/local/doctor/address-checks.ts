import type { BackendConfiguration } from '../../../shared/backend/configuration.ts'
import {
  assertComplete,
  baseUrlOf,
  type EndpointQuestion,
  scopeOf,
  selectConfigured,
} from '../../../shared/backend/configured.ts'
import { type Backend, endpointOf } from '../../../shared/backend/define.ts'
import { checkBaseUrl, checkHost } from '../../../shared/upstream/hosts.ts'
import type { Deployment } from './deployment.ts'
import { type Finding, find } from './finding.ts'

/** One backend of a deployment. */
export interface Subject {
  readonly backend: Backend
  readonly configuration: BackendConfiguration
  readonly deployment: Deployment
}

/** Where one endpoint of a backend is asked about. */
export function questionOf({ deployment, configuration }: Subject, at?: string): EndpointQuestion {
  const development = deployment.COUNTERSIGN_MODE === 'development'
  return { cloud: deployment.COUNTERSIGN_CLOUD, development, configuration, at }
}

/** Whether the configuration is whole, the scope known in this cloud, and the host one that may be called. */
export function checkAddresses(subject: Subject): readonly Finding[] {
  const { name, endpoints = {} } = subject.backend
  const configuration = checkConfiguration(subject)
  const further = Object.keys(endpoints).filter(
    (at) => baseUrlOf(subject.backend, questionOf(subject, at)) !== undefined,
  )
  const places = [undefined, ...further]
  return [
    find(name, 'configuration', configuration),
    ...places.map((at) => find(name, 'scope', checkScope(subject, at))),
    ...places.map((at) => find(name, 'host', checkHostOf(subject, at))),
  ]
}

type Said = Pick<Finding, 'code' | 'detail'>

function checkConfiguration({ backend, configuration }: Subject): Said {
  try {
    selectConfigured([backend], { [backend.name]: configuration })
    assertComplete(backend, configuration)
    return { code: 'ok', detail: 'everything that it needs is set' }
  } catch (error) {
    return { code: 'configuration_wrong', detail: messageOf(error) }
  }
}

function checkScope(subject: Subject, at: string | undefined): Said {
  try {
    return { code: 'ok', detail: scopeOf(subject.backend, questionOf(subject, at)) }
  } catch (error) {
    const detail = messageOf(error)
    return { code: detail.includes('not known') ? 'scope_unknown' : 'scope_missing', detail }
  }
}

function checkHostOf(subject: Subject, at: string | undefined): Said {
  const { backend, configuration, deployment } = subject
  const suffixes = endpointOf(backend, at).hostSuffixes[deployment.COUNTERSIGN_CLOUD]
  const question = questionOf(subject, at)
  const url = at === undefined && configuration.host !== undefined ? undefined : baseUrlOf(backend, question)
  const place = url ?? (at === undefined ? configuration.host : undefined)
  if (place === undefined) return { code: 'address_missing', detail: at ?? 'its own' }
  if (suffixes === null) return { code: 'host_not_allowed', detail: 'no host is known in this cloud' }
  const fault =
    url === undefined
      ? checkHost(place, suffixes, question.development)
      : checkBaseUrl(url, suffixes, question.development)
  return fault === null ? { code: 'ok', detail: place } : { code: 'host_not_allowed', detail: `${place}: ${fault}` }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
