import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const job = z.int().min(1).describe('As listJobs gives it')
const run = z.int().min(1).describe('As runJobNow or submitRun gave it')
const cluster = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .describe('As listClusters gives it')
const limit = z.int().min(1).max(100).default(25)
const cursor = z.string().max(4_000).optional()
const notebook = z.string().regex(/^\/[^\n\\]{1,1000}$/)
const page = { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } } as const
const text = z.string().min(1).max(100)
const context = z.string().regex(/^\d{1,30}$/)

// Variables and settings of clusters are where keys are kept by those who keep them badly.
const clusterSecrets = ['spark_env_vars', 'spark_conf', 'init_scripts', 'docker_image', 'ssh_public_keys']
const secretsAt = (...places: string[]) =>
  places.flatMap((place) => clusterSecrets.map((member) => `${place}/${member}`))
const settingsSecrets = (place: string) =>
  secretsAt(`${place}/job_clusters/*/new_cluster`, `${place}/tasks/*/new_cluster`)

const me = { operation: 'whoAmI', inputs: {}, at: ['/userName'] } as const
// Whose rights code on a cluster has: its own user's; or, where the cluster keeps people apart, of whoever runs it.
const clusterRunner = {
  definition: { operation: 'getCluster', inputs: { cluster: 'cluster' } },
  own: { at: '/data_security_mode', values: ['USER_ISOLATION', 'DATA_SECURITY_MODE_STANDARD'] },
  runner: ['/single_user_name'],
  me,
  effect: 'admin',
  content: ['/data_security_mode'],
} as const
const onCluster = { effect: 'admin', runsAs: clusterRunner, references: { kind: 'notebook' } } as const

serve(
  defineBackend({
    name: 'databricks-jobs',
    title: 'Databricks jobs, runs, clusters and commands',
    ...resources.databricks,
    honesty: 'conditional',
    notes: [
      'A job runs as whoever its definition says (run_as), which need not be whoever starts it: Countersign reads the definition as the person first, and takes anything but the person for somebody else.',
      'An approval is for the definition as it was read, by its digest without the variables of clusters; notebooks and files that a job names may change after that.',
      'Jobs run with the parameters of their definition: a call can give no others.',
      'A single run that the person submits runs as the person, on a cluster that keeps people apart or is theirs alone.',
      'Code is not understood: whoever runs it may do all that the person may.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    limits: { cluster: 'clusters' },
    operations: {
      whoAmI: {
        summary: 'Read who the workspace says that the person is',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me', parameters: [] }),
      },
      listJobs: {
        summary: 'List the jobs that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ name: text.optional().describe('Exactly so'), limit, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.2/jobs/list', parameters: [], query: ['name', 'limit'] },
          ...{ pageSize: 'limit', page, drop: settingsSecrets('/jobs/*/settings') },
        }),
      },
      getJob: {
        summary: 'Read what one job does, and who it runs as',
        effect: 'read',
        inputs: () => z.strictObject({ job }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.2/jobs/get', parameters: [], query: { job_id: 'job' } },
          drop: settingsSecrets('/settings'),
        }),
      },
      runJobNow: {
        summary: 'Start a job, as whoever its definition says; getRun says how it goes',
        effect: 'admin',
        runsAs: {
          definition: { operation: 'getJob', inputs: { job: 'job' } },
          runner: ['/run_as_user_name', '/settings/run_as/user_name', '/settings/run_as/service_principal_name'],
          ...{ me, effect: 'write', content: ['/settings'], more: '/next_page_token' },
        },
        references: { kind: 'job' },
        inputs: () => z.strictObject({ job }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.2/jobs/run-now', parameters: [] },
          template: { job_id: '{job}' },
        }),
      },
      submitRun: {
        summary: 'Run one notebook once, as the person, on a cluster; getRun says how it goes',
        ...onCluster,
        inputs: () =>
          z.strictObject({ name: text, notebook, cluster, timeoutSeconds: z.int().min(60).max(86_400).default(3600) }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.2/jobs/runs/submit', parameters: [] },
          template: {
            run_name: '{name}',
            timeout_seconds: '{timeoutSeconds}',
            tasks: [
              {
                ...{ task_key: 'notebook', existing_cluster_id: '{cluster}' },
                notebook_task: { notebook_path: '{notebook}', source: 'WORKSPACE' },
              },
            ],
          },
        }),
      },
      listRuns: {
        summary: 'List the latest runs that the person may see, of one job or of all',
        effect: 'read',
        inputs: () => z.strictObject({ job: job.optional(), limit: z.int().min(1).max(25).default(25), cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.2/jobs/runs/list', parameters: [], pageSize: 'limit', page },
          ...{ query: { job_id: 'job', limit: 'limit' }, drop: secretsAt('/runs/*/cluster_spec/new_cluster') },
        }),
      },
      getRun: {
        summary: 'Read how one run goes',
        effect: 'read',
        inputs: () => z.strictObject({ run, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.2/jobs/runs/get', parameters: [], query: { run_id: 'run' }, page },
          drop: [...settingsSecrets(''), ...secretsAt('/cluster_spec/new_cluster')],
        }),
      },
      getRunOutput: {
        summary: 'Read what the task of one run put out',
        effect: 'read',
        untrusted: true,
        note: 'It needs the number of a task’s run, which getRun gives; Databricks gives at most 5 MB.',
        inputs: () => z.strictObject({ run }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.2/jobs/runs/get-output', parameters: [], query: { run_id: 'run' } },
          drop: [...settingsSecrets('/metadata'), ...secretsAt('/metadata/cluster_spec/new_cluster')],
        }),
      },
      cancelRun: {
        summary: 'Stop one run; what it has not done by then is not done',
        effect: 'delete',
        inputs: () => z.strictObject({ run }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.2/jobs/runs/cancel', parameters: [] },
          template: { run_id: '{run}' },
        }),
      },
      listClusters: {
        summary: 'List the clusters that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ limit, cursor }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/clusters/list', parameters: [], pageSize: 'limit', page },
          ...{ query: { page_size: 'limit' }, drop: secretsAt('/clusters/*', '/clusters/*/spec') },
        }),
      },
      getCluster: {
        summary: 'Read what one cluster is, and whose rights code on it has',
        effect: 'read',
        inputs: () => z.strictObject({ cluster }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/clusters/get', parameters: [], query: { cluster_id: 'cluster' } },
          drop: secretsAt('', '/spec'),
        }),
      },
      startCluster: {
        summary: 'Start a cluster, which costs money while it runs',
        effect: 'write',
        inputs: () => z.strictObject({ cluster }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.1/clusters/start', parameters: [] },
          template: { cluster_id: '{cluster}' },
        }),
      },
      terminateCluster: {
        summary: 'Stop a cluster, with whatever others run on it',
        effect: 'admin',
        inputs: () => z.strictObject({ cluster }),
        call: rest({
          ...{ method: 'POST', path: '/api/2.1/clusters/delete', parameters: [] },
          template: { cluster_id: '{cluster}' },
        }),
      },
      createContext: {
        summary: 'Open a place for commands on a cluster',
        ...onCluster,
        inputs: () => z.strictObject({ cluster, language: z.enum(['python', 'sql', 'scala', 'r']) }),
        call: rest({
          ...{ method: 'POST', path: '/api/1.2/contexts/create', parameters: [] },
          template: { clusterId: '{cluster}', language: '{language}' },
        }),
      },
      executeCommand: {
        summary: 'Run code on a cluster, in a place that createContext opened',
        ...onCluster,
        inputs: () =>
          z.strictObject({
            ...{ cluster, context, language: z.enum(['python', 'sql', 'scala', 'r']) },
            command: z.string().min(1).max(100_000),
          }),
        call: rest({
          ...{ method: 'POST', path: '/api/1.2/commands/execute', parameters: [] },
          template: {
            ...{ clusterId: '{cluster}', contextId: '{context}' },
            ...{ language: '{language}', command: '{command}' },
          },
        }),
      },
      getCommand: {
        summary: 'Read how a command goes, and what it put out',
        effect: 'read',
        untrusted: true,
        inputs: () => z.strictObject({ cluster, context, command: z.string().regex(/^[\w-]{1,64}$/) }),
        call: rest({
          ...{ method: 'GET', path: '/api/1.2/commands/status', parameters: [] },
          query: { clusterId: 'cluster', contextId: 'context', commandId: 'command' },
        }),
      },
    },
  }),
)
