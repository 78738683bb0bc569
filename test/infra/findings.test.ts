import { App, Stack, Validations } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { type StageName, stages } from '../../infra/config.ts'
import { appFor } from './synth.ts'

const names = Object.keys(stages) as StageName[]

beforeAll(() => {
  delete process.env.CDK_VALIDATION
})

it.each(names)(
  '%s has no finding of cdk-nag or of CloudFormation that is not accepted with a reason',
  (name) => {
    const app = appFor(name)
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    expect(() => app.synth()).not.toThrow()

    const stacks = app.node.children.filter((child) => Stack.isStack(child))
    expect(stacks).toHaveLength(4)
    expect(stacks.flatMap(warningsOf)).toEqual([])
  },
)

it('would say so', () => {
  const app = new App()
  new Queue(new Stack(app, 'Careless'), 'Queue')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  expect(() => app.synth()).toThrow('AwsSolutions-SQS4')
})

const warningsOf = (stack: Stack) =>
  Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('.'))
