import type { AwsCall } from './aws/front-door.ts'

/** Kill the environment of a function as soon as its next call of this kind was answered. */
export interface Fault {
  readonly functionName: string
  /** An IAM action, such as `s3:PutObject`. */
  readonly after: string
}

/** Operations whose IAM action has another name. */
const iamActions: Readonly<Record<string, string>> = {
  's3:CopyObject': 's3:PutObject',
  's3:HeadObject': 's3:GetObject',
  's3:HeadBucket': 's3:ListBucket',
  'sqs:SendMessageBatch': 'sqs:SendMessage',
  'sqs:DeleteMessageBatch': 'sqs:DeleteMessage',
}

/** Faults are armed from outside and each of them strikes once. */
export function createFaults(kill: (functionName: string, traceId: string | undefined) => Promise<void>) {
  const armed: Fault[] = []
  return {
    arm: (fault: Fault) => void armed.push(fault),
    async onCall({ principal, action, allowed, traceId }: AwsCall): Promise<void> {
      if (!allowed) return
      const at = armed.findIndex(
        ({ functionName, after }) =>
          functionName === principal && (after === action || after === iamActions[action]),
      )
      const [fault] = at < 0 ? [] : armed.splice(at, 1)
      if (fault) await kill(fault.functionName, traceId)
    },
  }
}
