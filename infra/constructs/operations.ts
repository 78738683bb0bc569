import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { Foundation } from './foundation.ts'
import { ServiceFunction } from './service-function.ts'

/** What only operators do, past the API. */
export class Operations extends Construct {
  readonly ops: ServiceFunction

  constructor(scope: Construct, id: string, { stage, alarms, database }: Foundation) {
    super(scope, id)
    this.ops = new ServiceFunction(this, 'ops', {
      stage,
      alarms,
      database,
      name: 'ops',
      memorySize: 256,
      timeout: Duration.seconds(30),
      environment: {},
    })
  }
}
