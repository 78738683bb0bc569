import { randomUUID } from 'node:crypto'
import type { Outcome } from './lambda/outcome.ts'
import type { Logger } from './log.ts'
import { ACCOUNT, REGION, type Resource, type Template } from './template.ts'

export interface ScheduleOptions {
  readonly template: Pick<Template, 'ofType'>
  readonly invoke: (target: string, payload: string) => Promise<Outcome>
  /** Whether the schedule's role may invoke its target. */
  readonly authorize: (
    principal: string,
    action: string,
    resource: string,
  ) => Promise<{ allowed: boolean; message?: string }>
  readonly logger: Logger
  readonly now?: () => Date
}

export interface Schedules {
  /** By its name, or by what follows the stage in it. */
  has(name: string): boolean
  /** Runs one now, whenever it is due. */
  run(name: string): Promise<Outcome>
  stop(): void
}

interface Target {
  readonly Arn: string
  readonly RoleArn: string
  readonly Input?: string
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Every enabled `AWS::Scheduler::Schedule`; rates only, for the template has no other. */
export function startSchedules(options: ScheduleOptions): Schedules {
  const { invoke, authorize, logger, now = () => new Date() } = options
  const schedules = options.template.ofType('AWS::Scheduler::Schedule')

  async function run(schedule: Resource): Promise<Outcome> {
    const { Arn, RoleArn, Input } = schedule.properties.Target as Target
    const { allowed, message } = await authorize(roleName(RoleArn), 'lambda:InvokeFunction', Arn)
    if (!allowed)
      throw new Error(`The schedule ${schedule.ref} may not invoke ${Arn}: ${message ?? 'no grant'}`)
    return invoke(Arn, Input ?? defaultInput(schedule, now()))
  }

  async function runInTime(schedule: Resource): Promise<void> {
    try {
      const { functionError, payload } = await run(schedule)
      if (functionError) logger.error(`The run of ${schedule.ref} failed: ${payload.slice(0, 500)}`)
    } catch (error) {
      logger.error(error instanceof Error ? error.message : String(error))
    }
  }

  const timers = schedules
    .filter(({ properties }) => properties.State !== 'DISABLED')
    .map((schedule) => setInterval(() => void runInTime(schedule), intervalMs(schedule)))
  for (const timer of timers) timer.unref()

  const find = (name: string) =>
    schedules.find(({ ref }) => ref === name || ref.replace(/^[^-]+-[^-]+-/, '') === name)

  return {
    has: (name) => find(name) !== undefined,
    async run(name) {
      const schedule = find(name)
      if (!schedule) throw new Error(`There is no schedule ${name}`)
      return run(schedule)
    },
    stop: () => timers.forEach(clearInterval),
  }
}

function intervalMs({ key, properties }: Resource): number {
  const expression = String(properties.ScheduleExpression)
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (!count || !unit) throw new Error(`${key}: the schedule ${expression} does not run here; rate(…) does`)
  return Number(count) * (UNIT_MS[unit] ?? 0)
}

const roleName = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1)

/** What Scheduler sends a function whose schedule names no input. */
function defaultInput(schedule: Resource, at: Date): string {
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: ACCOUNT,
    time: at.toISOString(),
    region: REGION,
    resources: [schedule.attribute('Arn')],
    detail: '{}',
  })
}
