import { members, text } from '../specs/document.ts'
import type { SpecAnswer, SpecOperation } from '../specs/operation.ts'
import { bundleSchema, resolveIn } from '../specs/schema.ts'
import { quoted } from './names.ts'

/** How the document says where the next page is: its extension, Google's token, or a link of the usual names. */
export function pagingOf(operation: SpecOperation): { readonly code: string; readonly token?: string } | undefined {
  const pageable = operation.node['x-ms-pageable']
  if (pageable !== undefined) {
    const link = text(members(pageable).nextLinkName)
    return link === undefined ? undefined : linkCode(link)
  }
  if (operation.parameters.some(({ name }) => name === 'pageToken'))
    return { code: "{ from: { pointer: '/nextPageToken' }, into: { query: 'pageToken' } }", token: 'pageToken' }
  const link = links.find((name) => membersOfAnswer(operation).includes(name))
  return operation.method !== 'GET' || link === undefined ? undefined : linkCode(link)
}

const links = ['nextLink', '@nextLink', '@odata.nextLink', 'odata.nextLink']
const linkCode = (link: string) => ({ code: `{ from: { pointer: ${quoted(`/${link}`)} }, into: 'link' }` })

function membersOfAnswer({ answers }: SpecOperation): readonly string[] {
  const place = answers
    .filter(isGood)
    .flatMap(({ content }) => Object.entries(content).find(([type]) => type.includes('json'))?.[1] ?? [])[0]
  if (place === undefined) return []
  const root = bundleSchema(place)
  return Object.keys(members(resolveIn(root, root).properties))
}

const isGood = ({ status }: SpecAnswer) => /^2/.test(status)

/** Work that goes on: as the extension says, or where a 202 says where to ask. */
export function longRunningCode({ node, answers }: SpecOperation): readonly string[] {
  if (node['x-ms-long-running-operation'] === true)
    return pollCode(text(members(node['x-ms-long-running-operation-options'])['final-state-via']))
  const said = answers.find(({ status }) => status === '202')?.headers.map((name) => name.toLowerCase()) ?? []
  const via = ['operation-location', 'location'].find((name) => said.includes(name))
  return via === undefined ? [] : pollCode(via)
}

function pollCode(via: string | undefined): readonly string[] {
  if (via === 'azure-async-operation')
    return ["longRunning: { poll: { header: 'azure-asyncoperation' }, state: '/status' }"]
  if (via === 'operation-location') return ["longRunning: { poll: { header: 'operation-location' }, state: '/status' }"]
  return ["longRunning: { poll: { header: 'location' } }"]
}

/** An answer of another type than JSON is passed on as bytes. */
export function isOfBytes({ answers }: SpecOperation): boolean {
  const types = answers.filter(isGood).flatMap(({ content }) => Object.keys(content))
  return types.length > 0 && !types.some((type) => type.includes('json') || type === '*/*')
}
