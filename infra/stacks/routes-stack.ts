import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { routeGroups } from '../../functions/routes.ts'
import type { StageConfig } from '../config.ts'
import { Gateway } from '../constructs/gateway.ts'
import type { AppStack } from './app-stack.ts'

export interface RoutesStackProps extends StackProps {
  readonly stage: StageConfig
  readonly app: AppStack
}

/** Every row of the route table; beside the functions, for a stack holds 500 resources. */
export class RoutesStack extends Stack {
  constructor(scope: Construct, id: string, { stage, app, ...props }: RoutesStackProps) {
    super(scope, id, props)
    const { api, functions } = app
    const gateway = new Gateway(this, 'Gateway', { stage, api, authorizer: functions.authorizer.fn })
    for (const [group, { fn }] of Object.entries(functions.byGroup)) {
      gateway.serve(group, routeGroups[group as keyof typeof routeGroups], fn)
    }
  }
}
