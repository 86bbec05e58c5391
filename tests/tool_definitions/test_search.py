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


def test_the_search_finds_the_tool_that_a_request_needs():
    """Figures of 60 requests: the tool is the first one for 0.8 of them, and among the five found ones for 0.95."""
    index = Index(definitions_of(tools_in("openai", functions())))
    wanted = [line.split(" | ") for line in REQUESTS.strip().split("\n")]
    places = {request: [one.name for one in index.ranked(request)] for _, request in wanted}
    first = sum(places[request][:1] == [name] for name, request in wanted) / len(wanted)
    found = sum(name in places[request][:5] for name, request in wanted) / len(wanted)
    print(first, found, [(n, r, places[r][:3]) for n, r in wanted if n not in places[r][:1]])
    assert len(wanted) == len(functions()) == 60
    assert first >= 0.8
    assert found >= 0.95
