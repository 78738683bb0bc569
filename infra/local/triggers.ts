import { randomUUID } from 'node:crypto'
import type { Outcome } from './lambda/outcome.ts'
import type { Template } from './template.ts'

/**
 * Runs the triggers of a deployment, as CloudFormation does when it makes the custom resource: through CDK's own
 * provider function, under that function's role. Only the provider's reply is taken from what it returns, for the
 * wrapper that sends it speaks TLS to an address of CloudFormation.
 */
export async function runTriggers(
  template: Pick<Template, 'ofType'>,
  invoke: (target: string, payload: string) => Promise<Outcome>,
): Promise<void> {
  for (const trigger of template.ofType('Custom::Trigger')) {
    const { ServiceToken, ...properties } = trigger.properties
    const event = {
      RequestType: 'Create',
      RequestId: randomUUID(),
      ResourceType: trigger.type,
      LogicalResourceId: trigger.id,
      StackId: trigger.stack,
      ServiceToken,
      ResourceProperties: { ServiceToken, ...properties },
    }
    const { payload, functionError } = await invoke(String(ServiceToken), JSON.stringify(event))
    if (functionError) throw new Error(`${String(properties.HandlerArn)} failed: ${messageOf(payload)}`)
  }
}

function messageOf(payload: string): string {
  const { errorMessage = payload } = JSON.parse(payload) as { errorMessage?: string }
  return errorMessage
}
