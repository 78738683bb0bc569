import * as z from 'zod/mini'
import { logger } from '../logger.ts'

/** Does a limited part of some work; answers how much it was, 0 once nothing is left. */
export type Step = (now: Date) => Promise<number>

/** The steps of each task by what they work off. */
export type Tasks = Readonly<Record<string, Readonly<Record<string, Step>>>>

export interface TaskRunnerDependencies {
  readonly tasks: Tasks
  readonly now?: () => Date
}

/** Runs the task that a schedule names. What is not done in time is left to the next run. */
export function createTaskRunner({ tasks, now = () => new Date() }: TaskRunnerDependencies) {
  const input = z.strictObject({ task: z.enum(Object.keys(tasks) as [string, ...string[]]) })

  return async (event: unknown, hasTime: () => boolean) => {
    const { task } = input.parse(event)
    const done: Record<string, number> = {}
    const failures: unknown[] = []
    for (const [name, step] of Object.entries(tasks[task]!)) {
      done[name] = 0
      try {
        while (hasTime()) {
          const count = await step(now())
          if (count === 0) break
          done[name] += count
        }
      } catch (error) {
        failures.push(error)
      }
    }
    logger.info('A task was run', { task, done, failures: failures.length })
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} steps of ${task} failed`)
    return { task, done }
  }
}
