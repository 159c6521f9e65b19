import type { Topic } from '../topic/topic.ts'

/** What groups ask of the topics of their vhost. */
export interface GroupTopics {
  get(name: string): Topic | undefined
  /** Calls `task` for each topic deleted from now on, in the same turn. */
  onDeleted(task: (topic: Topic) => void): void
}
