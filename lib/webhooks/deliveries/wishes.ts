import { matches } from '../endpoints/filter.ts'
import type { Wishes } from './repository.ts'

/** Whether an endpoint wants to be sent an event of its account. */
export const wants = (
  { event_types, filter }: Pick<Wishes, 'event_types' | 'filter'>,
  event: { readonly type: string; readonly data: unknown },
): boolean => (event_types.length === 0 || event_types.includes(event.type)) && matches(filter, event.data)
