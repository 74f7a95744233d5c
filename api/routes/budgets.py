"""The endpoints of budgets (`/api/budgets`)."""

from __future__ import annotations

from api.endpoint import EndpointGroup, RequestContext
from api.schemas.budgets import BudgetView, BudgetViews, ChangeBudget, CreateBudget

group = EndpointGroup("Spend")


@group.endpoint("GET", "/api/budgets", "List the budgets", response=BudgetViews)
def list_budgets(context: RequestContext) -> BudgetViews:
    """Return all budgets with what is spent and reserved in their current periods."""
    return BudgetViews(items=context.services.budgets.all(context.username))


@group.endpoint(
    "POST", "/api/budgets", "Create a budget", body=CreateBudget, status=201, response=BudgetView,
    problems=("unknown_api", "token_not_found", "budget_exists", "too_many_budgets", "conflict"),
    audit="budget.create",
)  # fmt: skip
def create_budget(context: RequestContext, body: CreateBudget) -> BudgetView:
    """Limit what calls may cost in each period, from the next request on.

    What finished calls cost in the current period before that counts too, but for `total`.
    """
    budget = context.services.budgets.create(context.username, body)
    context.audit.subject(budget.budget_id)
    return budget


@group.endpoint(
    "GET", "/api/budgets/{budget_id}", "Read a budget", response=BudgetView,
    problems=("budget_not_found",),
)  # fmt: skip
def read_budget(context: RequestContext, budget_id: str) -> BudgetView:
    """Return one budget with what is spent and reserved in its current period."""
    return context.services.budgets.get(context.username, budget_id)


@group.endpoint(
    "PATCH", "/api/budgets/{budget_id}", "Change a budget", body=ChangeBudget, response=BudgetView,
    problems=("budget_not_found", "conflict"), audit="budget.update",
)  # fmt: skip
def change_budget(context: RequestContext, budget_id: str, body: ChangeBudget) -> BudgetView:
    """Change the amount or the time zone. What is spent stays, even if it is above the amount."""
    return context.services.budgets.change(context.username, budget_id, body, context.audit)


@group.endpoint(
    "DELETE", "/api/budgets/{budget_id}", "Delete a budget", status=204,
    problems=("budget_not_found", "conflict"), audit="budget.delete",
)  # fmt: skip
def delete_budget(context: RequestContext, budget_id: str) -> None:
    """Delete the budget. From the next request on, it rejects nothing."""
    context.services.budgets.delete(context.username, budget_id)
