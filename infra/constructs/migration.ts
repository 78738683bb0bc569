import { Duration } from 'aws-cdk-lib'
import { Trigger } from 'aws-cdk-lib/triggers'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import type { Alarms } from './alarms.ts'
import type { DatabaseAccess } from './database-access.ts'
import { ServiceFunction } from './service-function.ts'

export interface MigrationProps {
  readonly stage: StageConfig
  readonly alarms: Alarms
  readonly database: DatabaseAccess
  /** They switch only once the schema is there. A failed migration undoes the stack, never the schema. */
  readonly before: readonly ServiceFunction[]
}

/** Below the 15 minutes of the function that CloudFormation calls, so that it can still tell the outcome. */
const timeout = Duration.minutes(14)

/** Runs whenever its bundle, and so a migration, changed. */
export class Migration extends Construct {
  readonly migrate: ServiceFunction

  constructor(scope: Construct, id: string, { stage, alarms, database, before }: MigrationProps) {
    super(scope, id)
    this.migrate = new ServiceFunction(this, 'migrate', {
      stage,
      alarms,
      database,
      name: 'migrate',
      memorySize: 512,
      timeout,
      environment: {},
    })
    new Trigger(this, 'Run', {
      handler: this.migrate.fn,
      timeout,
      executeAfter: [this.migrate],
      executeBefore: before.map(({ fn }) => fn),
    })
  }
}
