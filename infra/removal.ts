import { RemovalPolicy } from 'aws-cdk-lib'
import type { StageConfig } from './config.ts'

/**
 * Where data is not kept, a bucket that still holds objects stops the stack's deletion: emptying it is left
 * to a person, rather than to a custom resource that may delete every object.
 */
export const removalPolicy = (stage: StageConfig) =>
  stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
