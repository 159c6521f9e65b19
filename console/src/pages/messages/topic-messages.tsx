/** The records of a topic. */
import { MessagesPage } from './messages-page.tsx'

export default () => <MessagesPage kind="topic" />
