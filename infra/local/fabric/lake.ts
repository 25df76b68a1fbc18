import { randomUUID } from 'node:crypto'
import { personas } from '../personas.ts'
import { known, mayIn, salesOf, type Workspace } from './tenant.ts'
import { type Asked, fail, type Reply } from './wire.ts'

interface File {
  bytes: Buffer
  /** Appended and not yet flushed. */
  pending: Buffer
  etag: string
  modified: string
}

/** Files by `<workspace>/<item>/<path>`; folders are what stands before a slash. */
export type Lake = Map<string, File>

/** The files that are there at the start: each lakehouse has its region's sales. */
export function openLake(): Lake {
  const csv = (oid: string) =>
    ['region,customer,amount', ...salesOf(oid).map((row) => Object.values(row).join(','))].join('\n')
  const { alice, bob } = personas
  const seeds: readonly (readonly [string, string])[] = [
    [`${known.emea}/${known.emeaLakehouse}/Files/sales/emea.csv`, csv(alice.oid)],
    [`${known.emea}/${known.emeaLakehouse}/Files/readme.txt`, 'Sales of EMEA'],
    [`${known.us}/${known.usLakehouse}/Files/sales/us.csv`, csv(bob.oid)],
    [`${known.shared}/${known.lakehouse}/Files/readme.txt`, 'Sales together'],
  ]
  return new Map(seeds.map(([path, text]) => [path, makeFile(Buffer.from(text))]))
}

function makeFile(bytes: Buffer): File {
  return { bytes, pending: Buffer.alloc(0), etag: `"${randomUUID()}"`, modified: new Date().toUTCString() }
}

/** Answers what the DFS endpoint of OneLake does, for who has a role in the workspace. */
export function onLake(asked: Asked, lake: Lake, tenant: Map<string, Workspace>): Reply {
  const [workspaceId = '', itemId] = asked.parts
  const workspace = tenant.get(workspaceId)
  if (workspace === undefined || !mayIn(workspace, asked.oid, 'Viewer'))
    return fail('onelake', 404, 'FilesystemNotFound')
  if (itemId === undefined) return list(asked, lake)
  if (!workspace.items.has(itemId)) return fail('onelake', 404, 'PathNotFound')
  const isRead = asked.method === 'GET' || asked.method === 'HEAD'
  return isRead ? read(asked, lake) : write(asked, lake, mayIn(workspace, asked.oid, 'Contributor'))
}

/** Only what is under Files and Tables can be written. */
function write(asked: Asked, lake: Lake, may: boolean): Reply {
  if (!may) return fail('onelake', 403, 'AuthorizationPermissionMismatch')
  const isOpen = /^(Files|Tables)$/.test(asked.parts[2] ?? '') && asked.parts.length > 3
  return isOpen ? change(asked, lake) : fail('onelake', 403, 'OperationNotAllowedOnThePath')
}

function list(asked: Asked, lake: Lake): Reply {
  const { searchParams } = asked.url
  const under = `${asked.parts[0]}/${searchParams.get('directory') ?? ''}/`
  const deep = searchParams.get('recursive') === 'true'
  const inside = [...lake].filter(([path]) => path.startsWith(under))
  const names = new Map<string, File | null>(
    inside.map(([path, file]) => {
      const [first = '', ...rest] = path.slice(under.length).split('/')
      return rest.length === 0 || deep ? [path, file] : [`${under}${first}`, null]
    }),
  )
  const all = [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, file]) => entry(path, file))
  const size = Number(searchParams.get('maxResults') ?? '5000')
  const from = Number(searchParams.get('continuation') ?? '0')
  const more = all.length > from + size ? { headers: { 'x-ms-continuation': String(from + size) } } : {}
  return { status: 200, body: { paths: all.slice(from, from + size) }, ...more }
}

function entry(path: string, file: File | null) {
  const name = path.slice(path.indexOf('/') + 1)
  if (file === null) return { name, isDirectory: 'true', contentLength: '0' }
  return { name, contentLength: String(file.bytes.length), lastModified: file.modified, etag: file.etag }
}

function read(asked: Asked, lake: Lake): Reply {
  const file = lake.get(asked.parts.join('/'))
  if (file === undefined) return fail('onelake', 404, 'PathNotFound')
  const headers = {
    etag: file.etag,
    'last-modified': file.modified,
    'content-type': 'application/octet-stream',
    'x-ms-resource-type': 'file',
  }
  if (asked.method === 'HEAD')
    return { status: 200, headers: { ...headers, 'content-length': String(file.bytes.length) } }
  const range = /^bytes=(\d+)-(\d*)$/.exec(asked.headers.range ?? '')
  if (range === null) return { status: 200, bytes: file.bytes, headers }
  const start = Number(range[1])
  if (start >= file.bytes.length) return fail('onelake', 416, 'InvalidRange')
  const bytes = file.bytes.subarray(start, range[2] === '' ? undefined : Number(range[2]) + 1)
  const place = `bytes ${start}-${start + bytes.length - 1}/${file.bytes.length}`
  return { status: 206, bytes, headers: { ...headers, 'content-range': place } }
}

function change(asked: Asked, lake: Lake): Reply {
  const path = asked.parts.join('/')
  const file = lake.get(path)
  const { 'if-match': match, 'if-none-match': none } = asked.headers
  if (asked.method === 'PUT') {
    if (file !== undefined && none === '*') return fail('onelake', 409, 'PathAlreadyExists')
    lake.set(path, makeFile(Buffer.alloc(0)))
    return done(201, lake.get(path))
  }
  if (file === undefined && asked.method === 'PATCH') return fail('onelake', 404, 'PathNotFound')
  if (match !== undefined && match !== file?.etag) return fail('onelake', 412, 'ConditionNotMet')
  if (file !== undefined && asked.method === 'PATCH') return patch(asked, path, { file, lake })
  return remove(asked, path, lake)
}

function patch(asked: Asked, path: string, { file, lake }: { readonly file: File; readonly lake: Lake }): Reply {
  const { searchParams } = asked.url
  const position = Number(searchParams.get('position'))
  if (searchParams.get('action') === 'append') {
    if (position !== file.bytes.length + file.pending.length) return fail('onelake', 400, 'InvalidFlushPosition')
    file.pending = Buffer.concat([file.pending, asked.bytes])
    return { status: 202 }
  }
  const whole = Buffer.concat([file.bytes, file.pending])
  if (position !== whole.length) return fail('onelake', 400, 'InvalidFlushPosition')
  lake.set(path, makeFile(whole))
  return done(200, lake.get(path))
}

function remove(asked: Asked, path: string, lake: Lake): Reply {
  const inside = [...lake.keys()].filter((each) => each.startsWith(`${path}/`))
  if (!lake.has(path) && inside.length === 0) return fail('onelake', 404, 'PathNotFound')
  if (inside.length > 0 && asked.url.searchParams.get('recursive') !== 'true')
    return fail('onelake', 409, 'DirectoryNotEmpty')
  for (const each of [path, ...inside]) lake.delete(each)
  return { status: 200 }
}

function done(status: number, file: File | undefined): Reply {
  return { status, headers: { etag: file?.etag ?? '', 'last-modified': file?.modified ?? '' } }
}
