# frozen_string_literal: true

require "json"
require "net/http"
require_relative "errors"

module Reader
  DEFAULT_LIMIT = 20

  # One entry of a feed.
  Entry = Struct.new(:title, :url, :published, keyword_init: true) do
    def recent?(now = Time.now)
      published && now - published < 86_400
    end
  end

  class Feed
    include Enumerable
    attr_reader :url, :entries

    class << self
      def open(url)
        new(url).tap(&:refresh)
      end
    end

    def initialize(url, limit: DEFAULT_LIMIT)
      @url = URI(url)
      @limit = limit
      @entries = []
    end

    def self.from_file(path)
      rows = JSON.parse(File.read(path), symbolize_names: true)
      feed = new(rows.fetch(:url))
      feed.entries.concat(rows[:entries].map { |row| Entry.new(**row) })
      feed
    end

    # Reads the feed again.
    def refresh
      reply = Net::HTTP.get_response(@url)
      raise FetchError, "#{@url}: #{reply.code}" unless reply.is_a?(Net::HTTPSuccess)

      @entries = parse(reply.body).first(@limit)
    end

    def each(&block)
      return enum_for(:each) unless block

      entries.each(&block)
    end

    def empty?
      entries.empty?
    end

    private

    def parse(body)
      JSON.parse(body).map do |row|
        Entry.new(
          title: row["title"].strip,
          url: row["link"],
          published: row["date"] && Time.parse(row["date"])
        )
      end
    end
  end

  module Titles
    def self.shorten(title, length = 40)
      return title if title.length <= length

      "#{title[0, length - 1]}…"
    end
  end
end

RSpec.describe Reader::Feed do
  it "is empty at first" do
    feed = described_class.new("https://example.org/feed")
    expect(feed).to be_empty
  end
end

def main(arguments)
  arguments.each do |url|
    Reader::Feed.open(url).each { |entry| puts Reader::Titles.shorten(entry.title) }
  end
end

main(ARGV) if $PROGRAM_NAME == __FILE__
