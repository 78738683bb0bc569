import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ServiceFunction, type ServiceFunctionProps } from './service-function.ts'

export type ApiFunctionProps = Omit<ServiceFunctionProps, 'timeout' | 'memorySize'> & {
  /** 512 unless said otherwise: the framework is noise, the time goes to the database. */
  readonly memorySize?: number
}

/** Serves one group of routes. It ends before the gateway gives up at 29 s, so the answer is ours. */
export class ApiFunction extends ServiceFunction {
  constructor(scope: Construct, id: string, { memorySize = 512, ...props }: ApiFunctionProps) {
    super(scope, id, { ...props, memorySize, timeout: Duration.seconds(25) })
  }
}
