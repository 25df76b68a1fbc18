import { type Job, type JobRun, mayUse, type WorkspaceObjects } from './objects.ts'
import { absent, fail, ok, pageOf } from './reply.ts'
import type { Route } from './route.ts'
import type { WorkspaceUser } from './users.ts'

/** Jobs API 2.2 as far as it is called: a run that was started runs until it is cancelled, or was looked at. */
export const jobRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.2\/jobs\/list$/,
    handle: ({ url, user }, { objects }) => {
      const name = url.searchParams.get('name')
      const seen = objects.jobs.filter((one) => mayUse(one, user) && (name === null || one.settings.name === name))
      return pageOf('jobs', seen.map(describe), { query: url.searchParams, size: 'limit' })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.2\/jobs\/get$/,
    handle: ({ url, user }, { objects }) => {
      const found = findJob(objects, Number(url.searchParams.get('job_id')), user)
      return found === undefined ? absent('Job') : ok(describe(found))
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.2\/jobs\/run-now$/,
    handle: ({ body, user }, { objects }) => {
      const found = findJob(objects, (body as { job_id: number }).job_id, user)
      return found === undefined
        ? absent('Job')
        : ok({ run_id: begin(objects, user, found.job_id).run_id, number_in_job: 1 })
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.2\/jobs\/runs\/submit$/,
    handle: ({ body, user }, { objects }) => {
      const { tasks } = body as { tasks?: { notebook_task?: unknown; existing_cluster_id?: string }[] }
      const cluster = objects.clusters.find((one) => one.cluster_id === tasks?.[0]?.existing_cluster_id)
      if (cluster === undefined || !mayUse(cluster, user))
        return fail(400, 'INVALID_PARAMETER_VALUE', 'No such cluster')
      return ok({ run_id: begin(objects, user, null).run_id })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.2\/jobs\/runs\/list$/,
    handle: ({ url, user }, { objects }) => {
      const job = url.searchParams.get('job_id')
      const seen = objects.runs.filter((one) => mayUse(one, user) && (job === null || one.job_id === Number(job)))
      return pageOf('runs', seen.map(describeRun), { query: url.searchParams, size: 'limit' })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.2\/jobs\/runs\/(get|get-output)$/,
    handle: ({ url, user }, { objects }, [what]) => {
      const run = findRun(objects, Number(url.searchParams.get('run_id')), user)
      if (run === undefined) return absent('Run')
      if (what === 'get') return ok(describeRun(run))
      return ok({ notebook_output: { result: '1', truncated: false }, metadata: describeRun(run) })
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.2\/jobs\/runs\/cancel$/,
    handle: ({ body, user }, { objects }) => {
      const run = findRun(objects, (body as { run_id: number }).run_id, user)
      if (run === undefined) return absent('Run')
      Object.assign(run, { life_cycle_state: 'TERMINATED', result_state: 'CANCELED' })
      return ok()
    },
  },
]

function findJob({ jobs }: WorkspaceObjects, id: number, user: WorkspaceUser): Job | undefined {
  return jobs.find((one) => one.job_id === id && mayUse(one, user))
}

function findRun({ runs }: WorkspaceObjects, id: number, user: WorkspaceUser): JobRun | undefined {
  return runs.find((one) => one.run_id === id && mayUse(one, user))
}

function describe({ seenBy: _seenBy, ...job }: Job) {
  return { ...job, created_time: 1_760_000_000_000 }
}

function begin(objects: WorkspaceObjects, { login }: WorkspaceUser, job_id: number | null): JobRun {
  objects.nextId += 1
  const run: JobRun = {
    ...{ run_id: objects.nextId, job_id, run_name: `run-${objects.nextId}`, creator_user_name: login },
    ...{ life_cycle_state: 'RUNNING', seenBy: [login] },
  }
  objects.runs.push(run)
  return run
}

function describeRun({ seenBy: _seenBy, life_cycle_state, result_state, ...run }: JobRun) {
  const state = { life_cycle_state, ...(result_state === undefined ? {} : { result_state }), state_message: '' }
  return { ...run, state, run_type: run.job_id === null ? 'SUBMIT_RUN' : 'JOB_RUN' }
}
