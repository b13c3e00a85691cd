import { Priority } from '../ticket.ts'
import { error, type Rule } from './issue.ts'

const urgency = (priority: Priority): number => Priority.options.indexOf(priority)

/** Labels the project asks for, of every ticket and of this priority. */
export const requiredLabels: Rule = ({ labels, priority }, { project: { rules } }) => {
  const always = rules.required_labels ?? []
  const forPriority = priority === undefined ? undefined : rules.label_for_priority?.[priority]
  return [
    ...always
      .filter((label) => !labels.includes(label))
      .map((label) => error('labels', 'label_required', `Tickets of this project carry the label ${label}. Add it.`)),
    ...(forPriority === undefined || labels.includes(forPriority)
      ? []
      : [
          error(
            'labels',
            'label_for_priority',
            `In this project ${priority} needs the label ${forPriority}. Add the label if this is one, or choose a lower priority.`,
          ),
        ]),
  ]
}

/** Templates the project allows, and whether one must be named. */
export const allowedTemplate: Rule = ({ template_id }, { project: { rules } }) => {
  const allowed = rules.templates ?? []
  if (template_id === undefined)
    return rules.template_required
      ? [
          error(
            'template_id',
            'template_required',
            `Tickets of this project use a template: ${allowed.join(', ')}. Name one.`,
          ),
        ]
      : []
  return rules.templates === undefined || allowed.includes(template_id)
    ? []
    : [
        error(
          'template_id',
          'template_not_allowed',
          `This project takes only these templates: ${allowed.join(', ')}. Use one of them.`,
        ),
      ]
}

/** The most urgent priority the project lets a new ticket have. */
export const priorityLimit: Rule = ({ priority }, { project: { rules } }) =>
  priority !== undefined && rules.highest_priority !== undefined && urgency(priority) < urgency(rules.highest_priority)
    ? [
        error(
          'priority',
          'priority_limit',
          `In this project a ticket opens with ${rules.highest_priority} at most. Choose ${rules.highest_priority} or lower; the team raises it.`,
        ),
      ]
    : []
