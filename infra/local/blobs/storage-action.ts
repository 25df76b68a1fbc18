/** What a request asks of the storage account, as Azure's roles name it. `blob` is a name, or for a listing its prefix. */
export interface StorageAction {
  readonly name:
    | 'containers/read'
    | 'containers/write'
    | 'containers/delete'
    | 'blobs/read'
    | 'blobs/write'
    | 'blobs/delete'
    | 'blobs/filter'
  readonly container?: string
  readonly blob?: string
}

interface Asked {
  readonly method: string
  /** Decoded: the container and the rest of the path. */
  readonly container: string
  readonly blob: string
  readonly query: URLSearchParams
}

/**
 * The action behind a request to `/<account>/…`; null for one that nobody here has a role for: keys for signed links,
 * copies, batches, leases, tags, policies, snapshots, and whatever reads in two ways.
 */
export function actionOf(method: string, url: URL, account: string): StorageAction | null {
  const asked = parse(method, url, account)
  if (asked === null) return null
  if (asked.container === '') return onAccount(asked)
  return asked.blob === '' ? onContainer(asked) : onBlob(asked)
}

function parse(method: string, url: URL, account: string): Asked | null {
  const names = [...url.searchParams.keys()]
  if (new Set(names).size !== names.length) return null
  try {
    const [, owner, container = '', ...rest] = url.pathname.split('/')
    const asked = { method, container: decodeURIComponent(container), blob: decodeURIComponent(rest.join('/')) }
    return owner === account ? { ...asked, query: url.searchParams } : null
  } catch {
    return null
  }
}

function onAccount({ method, query }: Asked): StorageAction | null {
  if (method !== 'GET' || query.has('restype')) return null
  if (query.get('comp') === 'list') return { name: 'containers/read' }
  return query.get('comp') === 'blobs' ? { name: 'blobs/filter' } : null
}

function onContainer({ method, container, query }: Asked): StorageAction | null {
  if (query.get('restype') !== 'container') return null
  const comp = query.get('comp')
  if (comp === 'list' && method === 'GET') return { name: 'blobs/read', container, blob: query.get('prefix') ?? '' }
  if (comp !== null) return null
  const verb = verbOf(method)
  return verb === null ? null : { name: `containers/${verb}`, container }
}

function onBlob({ method, container, blob, query }: Asked): StorageAction | null {
  const comp = query.get('comp')
  const uploads = method === 'PUT' && (comp === 'block' || comp === 'blocklist')
  if (comp !== null && !uploads) return null
  const verb = verbOf(method)
  return verb === null ? null : { name: `blobs/${verb}`, container, blob }
}

function verbOf(method: string): 'read' | 'write' | 'delete' | null {
  if (method === 'GET' || method === 'HEAD') return 'read'
  if (method === 'PUT') return 'write'
  return method === 'DELETE' ? 'delete' : null
}
