"""The fake through the provider's own SDK: what passes here would pass against the real service, in form."""

import anthropic
import httpx2
import pytest

from apps.inference.fake.server import FakeAnthropic

MODEL = "claude-haiku-4-5"
HELLO = [{"role": "user", "content": "Good morning"}]
TOOL = {
    "name": "weather",
    "description": "The weather in a town.",
    "input_schema": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
}


@pytest.fixture
def fake():
    with FakeAnthropic() as running:
        yield running


@pytest.fixture
def client(fake):
    with anthropic.Anthropic(api_key="a-key", base_url=fake.url, max_retries=0) as sdk:
        yield sdk


def test_it_answers_in_words(fake, client):
    fake.reply_text("Good morning to you.")

    message = client.messages.create(model=MODEL, max_tokens=50, messages=HELLO)

    assert message.content[0].text == "Good morning to you."
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0


def test_a_stream_adds_up_to_the_same_message(fake, client):
    words = "Good morning to you. " * 40
    fake.reply_text(words)

    with client.messages.stream(model=MODEL, max_tokens=500, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == words
        assert stream.get_final_message().stop_reason == "end_turn"


def test_it_calls_a_tool(fake, client):
    fake.reply_with({"town": "Leiden"})

    message = client.messages.create(model=MODEL, max_tokens=50, messages=HELLO, tools=[TOOL])

    assert (message.stop_reason, message.content[0].name) == ("tool_use", "weather")
    assert message.content[0].input == {"town": "Leiden"}


def test_it_streams_a_tool_call(fake, client):
    fake.reply_with({"town": "Leiden" * 100})

    with client.messages.stream(model=MODEL, max_tokens=50, messages=HELLO, tools=[TOOL]) as stream:
        assert stream.get_final_message().content[0].input == {"town": "Leiden" * 100}


def test_left_alone_it_fills_any_schema(client):
    message = client.messages.create(model=MODEL, max_tokens=50, messages=HELLO, tools=[TOOL])

    assert message.content[0].input == {"town": ""}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.OverloadedError),
    ],
)
def test_it_fails_on_command_the_way_the_service_does(fake, client, status, error):
    fake.fail_with(status=status, retry_after=3)

    with pytest.raises(error) as raised:
        client.messages.create(model=MODEL, max_tokens=50, messages=HELLO)
    assert raised.value.response.headers["retry-after"] == "3"


def test_a_failure_lasts_as_often_as_it_was_told(fake, client):
    fake.fail_with(status=529, times=2)

    for _ in range(2):
        with pytest.raises(anthropic.OverloadedError):
            client.messages.create(model=MODEL, max_tokens=50, messages=HELLO)
    assert client.messages.create(model=MODEL, max_tokens=50, messages=HELLO).role == "assistant"


def test_a_stream_can_break_off_with_an_error(fake, client):
    fake.fail_in_stream(status=529)

    with (
        pytest.raises(anthropic.APIStatusError, match="Failed on command"),
        client.messages.stream(model=MODEL, max_tokens=50, messages=HELLO) as stream,
    ):
        stream.until_done()


def test_it_hangs_up_on_command(fake, client):
    fake.drop()

    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(model=MODEL, max_tokens=50, messages=HELLO)


def test_it_is_as_strict_as_the_service(fake):
    def post(headers, **body):
        return httpx2.post(f"{fake.url}/v1/messages", headers=headers, json=body)

    key = {"x-api-key": "a-key"}
    assert post({}, model=MODEL, max_tokens=5, messages=HELLO).status_code == 401
    assert post(key, model=MODEL, messages=HELLO).json()["error"]["message"] == "max_tokens: Field required"
    assert post(key, model="gpt", max_tokens=5, messages=HELLO).json()["error"]["type"] == "not_found_error"
    assert httpx2.post(f"{fake.url}/v1/messages", headers=key, content=b"{").status_code == 400


def test_as_a_process_of_its_own_it_takes_commands_over_http(fake, client):
    told = httpx2.post(f"{fake.url}/control", json={"kind": "text", "value": "As you wish."})

    assert told.json() == {"accepted": True}
    assert client.messages.create(model=MODEL, max_tokens=50, messages=HELLO).content[0].text == "As you wish."
    assert httpx2.post(f"{fake.url}/control", json={"kind": "text", "valu": 1}).status_code == 400
