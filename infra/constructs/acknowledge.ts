import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Accepts one finding of cdk-nag on one construct, and says why. */
export function acknowledge(construct: IConstruct, id: string, reason: string) {
  Validations.of(construct).acknowledge({ id, reason })
}
