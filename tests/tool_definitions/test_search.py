"""The search finds the tool that a natural request needs."""

from tool_sets import functions, tools_in

from compresskit.tool_definitions.definitions import definitions_of
from compresskit.tool_definitions.search import Index

# What a model might ask for, and the tool that it needs. The requests were written from the names alone.
REQUESTS = """
github_create_issue | report a bug in the repository
github_list_issues | which bugs are still open in our repo
github_add_issue_comment | comment on github issue 12
github_create_pull_request | open a PR from my branch
github_merge_pull_request | merge PR 88 with squash
github_search_code | where on GitHub is a function used
github_get_file_contents | show README.md of a github repo
github_list_commits | recent commits on main
fs_read_file | open a local text file
fs_write_file | save text to disk as a new file
fs_edit_file | replace a few lines in a file
fs_list_directory | what is in this folder
fs_search_files | find all python files below a directory
fs_move_file | rename a file
browser_navigate | open a website in the browser
browser_click | press a button on the page
browser_type | enter text into an input box
browser_take_screenshot | picture of the page
browser_snapshot | accessibility tree of the current page
browser_fill_form | fill in a sign-up form
browser_evaluate | run javascript in the page
slack_post_message | tell the team in slack that the deploy is done
slack_reply_to_thread | answer in a slack thread
slack_get_channel_history | read the last messages of a channel
slack_list_channels | which slack channels exist
slack_get_user_profile | who is this slack user
slack_add_reaction | react with a thumbs up emoji
jira_create_issue | file a ticket in Jira
jira_search | find jira tickets with JQL
jira_transition_issue | move ticket PROJ-7 to done
jira_add_worklog | log two hours on a ticket
jira_get_issue | details of PROJ-123
confluence_search | look for documentation in the wiki
confluence_create_page | write a new confluence page
postgres_query | run SQL select
postgres_list_tables | which tables does the database have
postgres_describe_table | columns and indexes of a table
postgres_explain | why is this SQL statement slow
redis_get | read a cached value from redis
redis_set | store a value in redis with an expiry
redis_scan | find redis keys by pattern
aws_s3_list_objects | list files in an S3 bucket
aws_s3_get_object | download a file from S3
aws_s3_put_object | upload a file to S3
aws_ec2_describe_instances | running EC2 machines
aws_logs_filter_events | search CloudWatch logs for errors
aws_lambda_invoke | call a lambda function
kubernetes_get_pods | status of the pods in a namespace
kubernetes_get_logs | logs of a crashed pod
kubernetes_scale_deployment | scale a deployment to five replicas
gmail_send_email | write an email to the customer
gmail_search_emails | find mails from Ada
calendar_create_event | schedule a meeting with Bob tomorrow
calendar_list_events | what is on my agenda next week
stripe_create_refund | give a customer their money back
stripe_list_customers | look up a stripe customer by email
sentry_get_issue | stack trace of an error in sentry
weather_get_forecast | will it rain in Paris tomorrow
maps_get_directions | how do I get to the airport by train
web_fetch_page | download a web page as markdown
"""


# Requests in the words of users, written after the search was done: they share fewer words with the definitions.
OTHERS = """
github_create_issue | note down in acme/shop that checkout crashes
github_list_issues | everything labelled bug in acme/shop
github_create_pull_request | propose my changes for merging
github_search_code | who calls parse_config across our organization
github_list_commits | what changed in this repo last week
fs_read_file | print the contents of /etc/hosts
fs_list_directory | names of the files in /tmp
fs_search_files | where is settings.yaml
browser_navigate | go to https://example.com
browser_click | press the submit button
browser_take_screenshot | capture an image of the site
slack_post_message | announce the release in #general
slack_get_channel_history | what did people write in #ops today
jira_create_issue | new story in project SHOP
jira_transition_issue | close SHOP-12
confluence_search | find our onboarding guide
postgres_query | count orders per day
postgres_describe_table | what columns does orders have
redis_set | cache this value for an hour
aws_s3_put_object | put report.csv into the bucket
aws_ec2_describe_instances | list virtual machines in eu-central-1
aws_logs_filter_events | errors of the checkout lambda since noon
kubernetes_get_logs | why did the pod restart
kubernetes_scale_deployment | we need more replicas
gmail_send_email | mail the invoice to ada@example.com
calendar_list_events | am I free on Friday
calendar_create_event | book a room for a call with Bob
stripe_create_refund | reverse the payment of order 17
weather_get_forecast | temperature in Oslo this weekend
maps_get_directions | how far is it from Berlin to Munich by car
"""


def places(requests):
    """For each request, the place of its tool among those that are found; -1 if it is not found."""
    index = Index(definitions_of(tools_in("openai", functions())))
    for line in requests.strip().split("\n"):
        name, request = line.split(" | ")
        found = [one.name for one in index.ranked(request)]
        yield found.index(name) if name in found else -1


def shares(requests):
    """The shares of requests whose tool is the first one, among the five whole definitions, and named at least."""
    found = list(places(requests))
    return [round(sum(0 <= place < most for place in found) / len(found), 2) for most in (1, 5, 15)]


def test_the_search_finds_the_tool_that_a_request_needs():
    assert len(REQUESTS.strip().split("\n")) == len(functions()) == 60
    assert shares(REQUESTS) == [0.75, 0.97, 0.98]
    assert shares(OTHERS) == [0.53, 0.67, 0.83]


def test_a_tool_whose_name_is_asked_for_comes_first():
    """The model sees the names of all deferred tools, so this is how it asks if it knows what it needs."""
    names = [one["name"] for one in functions()]
    assert set(places("\n".join(f"{name} | {name}" for name in names))) == {0}
    assert shares("\n".join(f"{name} | {name.replace('_', ' ')}" for name in names)) == [0.93, 1.0, 1.0]
