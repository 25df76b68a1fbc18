import { type PersonaName, personas } from '../personas.ts'
import type { WorkspaceUser } from './users.ts'

const login = (name: PersonaName) => personas[name].username

/** A thing of the workspace and the logins that may see it; null = everybody. Administrators see everything. */
export interface Owned {
  readonly seenBy: readonly string[] | null
}

export interface Job extends Owned {
  readonly job_id: number
  readonly creator_user_name: string
  readonly run_as_user_name: string
  readonly settings: Readonly<Record<string, unknown>>
}

export interface JobRun extends Owned {
  readonly run_id: number
  readonly job_id: number | null
  readonly run_name: string
  readonly creator_user_name: string
  life_cycle_state: 'RUNNING' | 'TERMINATED'
  result_state?: 'SUCCESS' | 'CANCELED'
}

export interface Cluster extends Owned {
  readonly cluster_id: string
  readonly data_security_mode: string
  readonly single_user_name?: string
  state: 'RUNNING' | 'TERMINATED'
}

/** A notebook or folder; whatever lies under /Users/<login> is that person's. */
export interface FolderEntry {
  readonly object_id: number
  readonly object_type: 'NOTEBOOK' | 'DIRECTORY'
  readonly language?: string
  readonly content?: string
}

export interface Dashboard extends Owned {
  readonly dashboard_id: string
  display_name: string
  serialized_dashboard: string
  etag: string
  warehouse_id: string
  published: { embed_credentials: boolean; warehouse_id: string } | null
  readonly schedules: Readonly<Record<string, unknown>>[]
}

/** True for whoever may see it. */
export function mayUse({ seenBy }: Owned, user: WorkspaceUser): boolean {
  return user.admin || seenBy === null || seenBy.includes(user.login)
}

type Login = { readonly alice: string; readonly bob: string }

function makeJobs({ alice, bob }: Login): Job[] {
  const tasks = [{ task_key: 'main', notebook_task: { notebook_path: '/Shared/report', source: 'WORKSPACE' } }]
  const cluster = { spark_version: '16.4.x', spark_env_vars: { API_KEY: 'kept-badly' } }
  const job_clusters = [{ job_cluster_key: 'c', new_cluster: cluster }]
  const job = (job_id: number, more: Pick<Job, 'creator_user_name' | 'run_as_user_name' | 'seenBy'>): Job => ({
    ...{ job_id, ...more },
    settings: { name: `job-${job_id}`, tasks, job_clusters, format: 'MULTI_TASK' },
  })
  return [
    job(101, { creator_user_name: alice, run_as_user_name: alice, seenBy: [alice] }),
    job(102, { creator_user_name: bob, run_as_user_name: bob, seenBy: [alice, bob] }),
    job(103, { creator_user_name: bob, run_as_user_name: '5e0a7b1c-0000-4000-8000-00000000000e', seenBy: null }),
  ]
}

function makeClusters({ alice }: Login): Cluster[] {
  const own = { data_security_mode: 'SINGLE_USER', single_user_name: alice, seenBy: [alice] }
  return [
    { cluster_id: 'c-shared', data_security_mode: 'USER_ISOLATION', state: 'RUNNING', seenBy: null },
    { cluster_id: 'c-alice', state: 'RUNNING', ...own },
    { cluster_id: 'c-open', data_security_mode: 'NONE', state: 'TERMINATED', seenBy: null },
  ]
}

function makeDashboard(dashboard_id: string, seenBy: Owned['seenBy'], embed: boolean | null): Dashboard {
  return {
    ...{ dashboard_id, seenBy, display_name: `Dashboard ${dashboard_id}`, etag: '1', warehouse_id: 'wh-sales-0001' },
    serialized_dashboard: '{"datasets":[{"name":"a","query":"SELECT 1"}],"pages":[]}',
    published: embed === null ? null : { embed_credentials: embed, warehouse_id: 'wh-sales-0001' },
    schedules: [],
  }
}

function makeFolders({ alice, bob }: Login): Map<string, FolderEntry> {
  const directory = (object_id: number): FolderEntry => ({ object_id, object_type: 'DIRECTORY' })
  const content = Buffer.from('print(1)').toString('base64')
  return new Map([
    ['/Shared', directory(1)],
    ['/Shared/report', { object_id: 2, object_type: 'NOTEBOOK', language: 'PYTHON', content }],
    [`/Users/${alice}`, directory(3)],
    [`/Users/${bob}`, directory(4)],
  ])
}

/** Whatever else is in the workspace, fresh for each start. */
export function makeObjects() {
  const logins = { alice: login('alice'), bob: login('bob') }
  const [alice, bob] = [[logins.alice], [logins.bob]]
  return {
    jobs: makeJobs(logins),
    runs: [] as JobRun[],
    clusters: makeClusters(logins),
    contexts: new Map<string, { owner: string; cluster: string; commands: Map<string, string> }>(),
    folders: makeFolders(logins),
    /** Files by their path below /Volumes; a folder ends with a slash. */
    files: new Map<string, Buffer>([
      ['main/sales/emea/notes.txt', Buffer.from('Hello from EMEA')],
      ['main/sales/emea/archive/', Buffer.alloc(0)],
      ['main/sales/us/notes.txt', Buffer.from('Hello from the US')],
    ]),
    volumes: [
      { name: 'emea', seenBy: alice },
      { name: 'us', seenBy: bob },
    ],
    dashboards: [
      makeDashboard('d001', null, true),
      makeDashboard('d002', null, false),
      makeDashboard('d003', alice, null),
    ],
    shares: [
      { name: 'emea-share', seenBy: alice },
      { name: 'us-share', seenBy: bob },
    ],
    tables: [
      { schema: 'sales', name: 'customers', seenBy: null },
      { schema: 'sales', name: 'orders', seenBy: null },
      { schema: 'hr', name: 'employees', seenBy: alice },
    ] as readonly (Owned & { readonly schema: string; readonly name: string })[],
    nextId: 1000,
  }
}

export type WorkspaceObjects = ReturnType<typeof makeObjects>
