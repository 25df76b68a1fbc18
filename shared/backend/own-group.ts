import type { Invocation, Json } from '../pipeline/ports.ts'

/** The resource group that this deployment itself is in; without a subscription, that of any. Names in small letters. */
export interface OwnGroup {
  readonly subscription: string | null
  readonly name: string
}

type Values = Readonly<Record<string, string>>

/**
 * True where a call names this deployment's own resource group: in its path, and where the backend is Resource Manager
 * also in any text that goes along (ids of resources, templates). What a template computes cannot be seen here.
 */
export function namesOwnGroup({ backend, operation, inputs }: Invocation, values: Values, own: OwnGroup): boolean {
  if (operation.call.technology !== 'rest') return false
  const path = fill(operation.call.path, { ...inputs, ...prefixed(values) })
  const isManager = backend.hostSuffixes.public?.includes('management.azure.com') ?? false
  return namesGroup(path, own) || (isManager && Object.values(inputs).some((each) => tellsGroup(each, own, 1)))
}

function prefixed(values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`@${name}`, value]))
}

function fill(path: string, inputs: Readonly<Record<string, Json>>): string {
  return path.replace(/\{\+?([^{}]+)\}/g, (_whole, name: string) => String(inputs[name] ?? ''))
}

/** Decoded as often as a server may; without regard to case, doubled slashes and dots at the end of a segment. */
function namesGroup(text: string, { subscription, name }: OwnGroup): boolean {
  const plain = decode(text).normalize('NFKC').toLowerCase().replaceAll('\\', '/').replace(/\/+/g, '/')
  const found = plain.matchAll(/subscriptions\/([^/]+)\/resourcegroups\/([^/?#'"\]\s]+)/g)
  return [...found].some(
    ([, inside = '', group = '']) =>
      (subscription === null || inside === subscription) && group.replace(/\.+$/, '') === name,
  )
}

function decode(text: string): string {
  let plain = text
  for (let times = 0; times < 3 && /%[0-9a-f]{2}/i.test(plain); times += 1) plain = decodeOnce(plain)
  return plain
}

function decodeOnce(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      // Byte by byte, so that a wrong escape hides none of the others.
      return run.replace(/%(..)/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    }
  })
}

const deepest = 40

/** Any text within; deeper than anybody nests counts as told. */
function tellsGroup(value: Json, own: OwnGroup, depth: number): boolean {
  if (typeof value === 'string') return namesGroup(value, own) || namesInExpression(value, own)
  if (value === null || typeof value !== 'object') return false
  if (depth > deepest) return true
  return Object.entries(value).some(
    ([member, item]) => isGroupMember(member, item, own) || namesGroup(member, own) || tellsGroup(item, own, depth + 1),
  )
}

/** A nested deployment of a template goes to the group of this member. */
function isGroupMember(member: string, item: Json, { name }: OwnGroup): boolean {
  return member.toLowerCase() === 'resourcegroup' && typeof item === 'string' && item.trim().toLowerCase() === name
}

/** `[resourceId('group', …)]`: an expression of a template. */
function namesInExpression(text: string, { name }: OwnGroup): boolean {
  return text.startsWith('[') && text.toLowerCase().includes(`'${name}'`)
}
