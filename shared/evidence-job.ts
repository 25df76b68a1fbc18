/** The jobs of the evidence app. */
export const jobNames = ['seal', 'night', 'segment', 'reconcile', 'index', 'keep'] as const

export type JobName = (typeof jobNames)[number]

/** What a job leaves to do: tasks for the queue. */
export interface JobResult {
  readonly messages?: readonly unknown[]
}

/** One run of a job; rejects where it must be run again. `message` is the task of a queue's job. */
export type Job = (message?: unknown) => Promise<JobResult | undefined>

export type Jobs = Readonly<Record<JobName, Job>>
