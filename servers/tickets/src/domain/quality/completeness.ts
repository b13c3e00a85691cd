import { limits } from '../ticket.ts'
import { error, type Rule } from './issue.ts'

const { titleCharsMin, titleCharsMax, descriptionCharsMin } = limits

/** Title and description have a length that can say something. */
export const lengths: Rule = ({ title, description }) => [
  ...(title.length >= titleCharsMin && title.length <= titleCharsMax
    ? []
    : [
        error(
          'title',
          'title_length',
          `Give a title of ${titleCharsMin} to ${titleCharsMax} characters (now ${title.length}): what is wrong or wanted, and where.`,
        ),
      ]),
  ...(description.length >= descriptionCharsMin
    ? []
    : [
        error(
          'description',
          'description_length',
          `Give a description of at least ${descriptionCharsMin} characters (now ${description.length}): what happened, since when, whom it affects.`,
        ),
      ]),
]

/** Nobody but the reporter knows how urgent it is. */
export const priorityGiven: Rule = ({ priority }) =>
  priority === undefined
    ? [
        error(
          'priority',
          'priority_missing',
          'Choose a priority: P0 stops the business now, P1 hurts many today, P2 is the normal case, P3 can wait.',
        ),
      ]
    : []

/** A template that does not exist in the project is a mistake, not a wish. */
export const templateKnown: Rule = ({ template_id }, { template }) =>
  template_id !== undefined && template === undefined
    ? [
        error(
          'template_id',
          'template_unknown',
          'This project has no such template. Leave template_id out, or choose one from the resources template://{project}/{id}.',
        ),
      ]
    : []
